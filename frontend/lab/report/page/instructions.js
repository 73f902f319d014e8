"use strict";
// The measured table, what UMIP changes, the classification, and the processor of this computer.

/// What all rows of one instruction at one ring come to.
function verdictOf(rows, instruction, ring) {
  const verdicts = rows.filter((r) => r.instruction === instruction && r.ring === ring).map((r) => r.verdict);
  return ["silent", "trapped", "no witness"].find((verdict) => verdicts.includes(verdict));
}

const verdictCell = (verdict) => (verdict ? pill(verdict) : "–");

function explanationOf(rows) {
  return (rows.find((r) => r.verdict === "silent") || rows.find((r) => r.verdict === "trapped") || rows[0]).explanation;
}

function markFirst(key) {
  let last;
  return (line, row) => {
    if (row[key] !== last) line.classList.add("first");
    last = row[key];
  };
}

function rowsInFull(rows) {
  return tableOf([
    { head: "Instruction", value: (r) => r.instruction },
    { head: "Class", value: (r) => r.class },
    { head: "Ring", value: (r) => String(r.ring), style: "number" },
    { head: "Operands", value: (r) => r.operands },
    { head: "Bare", value: (r) => r.bare, style: "code" },
    { head: "Let through", value: (r) => r.through, style: "code" },
    { head: "Trapped", value: (r) => r.trap, style: "code" },
    { head: "Verdict", value: (r) => pill(r.verdict) },
    { head: "What happened", value: (r) => r.explanation, style: "wide" },
  ], rows, markFirst("instruction"));
}

function renderTable(body, data) {
  const { rows, umip } = data;
  const names = [...new Set(rows.map((r) => r.instruction))];
  const first = (name) => rows.find((r) => r.instruction === name);
  const isSilent = (of) => (name) => [1, 3].some((ring) => verdictOf(of, name, ring) === "silent");
  const silent = names.filter(isSilent(rows));
  const closed = silent.filter((name) => !isSilent(umip)(name));
  const listed = names.filter((name) => first(name).robin_irvine);
  const further = silent.filter((name) => !first(name).robin_irvine);
  body.append(figures([
    [`${silent.length - further.length} of ${listed.length}`, "instructions of Robin and Irvine’s list betray the kernel silently"],
    [count(further.length), "further ones do: " + (further.join(", ") || "none")],
    [count(closed.length), "of all these CR4.UMIP closes: " + (closed.join(", ") || "none")],
    [`${rows.filter((r) => r.mended).length} of ${rows.length}`, "cases are as at ring 0 once they trap"],
  ]));
  body.append(tableOf([
    { head: "Instruction", value: (name) => name },
    { head: "Class", value: (name) => first(name).class },
    { head: "On the list", value: (name) => (first(name).robin_irvine ? "yes" : "–") },
    { head: "Ring 1", value: (name) => verdictCell(verdictOf(rows, name, 1)) },
    { head: "Ring 3", value: (name) => verdictCell(verdictOf(rows, name, 3)) },
    { head: "Ring 1, UMIP", value: (name) => verdictCell(verdictOf(umip, name, 1)) },
    { head: "Ring 3, UMIP", value: (name) => verdictCell(verdictOf(umip, name, 3)) },
    { head: "How it shows", value: (name) => explanationOf(rows.filter((r) => r.instruction === name)), style: "wide" },
  ], names));
  body.append(folded("Every case with its operands and values", plural(rows.length, "row"), rowsInFull(rows)));
  const same = (a, b) => ["instruction", "operands", "ring", "through", "verdict"].every((key) => a[key] === b[key]);
  const changed = umip.filter((row) => !rows.some((other) => same(row, other)));
  body.append(folded("The cases that UMIP changes", plural(changed.length, "row"), rowsInFull(changed)));
}

function renderClassification(body, data) {
  const rows = data.instructions;
  const title = (r) => (r.form ? `${r.instruction} (${r.form})` : r.instruction);
  const sensitive = (r) => r.control_sensitive || r.behaviour_sensitive;
  const broken = rows.filter((r) => sensitive(r) && !r.privileged);
  const theorem = (holds) => element("b", { class: holds ? "yes" : "no" }, holds ? "holds" : "fails");
  const usual = data.theorems[0];
  body.append(figures([
    [count(rows.length), "instructions were judged, on " + data.model],
    [count(rows.filter((r) => r.privileged).length), "are privileged"],
    [count(rows.filter(sensitive).length), "are sensitive"],
    [count(broken.length), "are sensitive and not privileged"],
  ]));
  body.append(element("p", { class: "verdict" }, "Theorem 1 (sensitive instructions are privileged: a monitor can be built) ",
    theorem(usual.theorem1), ". Theorem 3 (user-sensitive ones are: a hybrid monitor, which interprets all of the kernel, can be built) ",
    theorem(usual.theorem3), "."));
  const kinds = (r) => [r.control_sensitive && "control", r.by_mode && "behaviour, by mode", r.by_location && "behaviour, by place",
    r.user_sensitive && "user"].filter(Boolean).join("; ");
  body.append(tableOf([
    { head: "Instruction", value: title },
    { head: "Sensitive", value: kinds },
    { head: "Robin and Irvine", value: (r) => (r.robin_irvine ? "too" : "–") },
    { head: "Shortest witness", value: (r) => r.witness || "–", style: "wide" },
  ], broken));
  const only = rows.filter((r) => r.robin_irvine && !(sensitive(r) && !r.privileged)).map(title);
  if (only.length !== 0) body.append(element("p", { class: "names" }, "On their list and not found here: " + only.join(", ") + "."));
  const named = (what, wanted) => element("p", { class: "names" }, element("b", {}, what + ": "), rows.filter(wanted).map(title).join(", ") || "none");
  body.append(folded("The theorems on each processor model", plural(data.theorems.length, "model"), tableOf([
    { head: "Model", value: (t) => t.model },
    { head: "Theorem 1", value: (t) => theorem(t.theorem1) },
    { head: "Theorem 3", value: (t) => theorem(t.theorem3) },
  ], data.theorems)));
  body.append(folded("The sets", "by name", named("Privileged", (r) => r.privileged),
    named("Sensitive and privileged", (r) => sensitive(r) && r.privileged),
    named("Sensitive, not privileged", (r) => broken.includes(r)),
    named("Neither", (r) => !r.privileged && !sensitive(r))));
}

function renderSilicon(body, rows) {
  const compared = rows.filter((r) => r.emulated);
  const disagreeing = compared.filter((r) => !r.agrees);
  body.append(figures([
    [count(rows.filter((r) => r.verdict === "silent").length), "cases were executed on this processor, and nobody was told"],
    [count(rows.filter((r) => r.verdict === "faked").length), "were trapped by UMIP and answered by the host’s kernel"],
    [`${compared.length - disagreeing.length} of ${compared.length}`, "trap here and at the emulated ring 3, or do at neither"],
  ]));
  body.append(tableOf([
    { head: "Instruction", value: (r) => r.instruction },
    { head: "Operands", value: (r) => r.operands },
    { head: "This processor", value: (r) => r.host, style: "code" },
    { head: "Verdict", value: (r) => pill(r.verdict) },
    { head: "Emulated, ring 3", value: (r) => r.emulated || "–", style: "code" },
    { head: "Agree", value: (r) => (r.emulated ? (r.agrees ? "yes" : "no") : "–") },
    { head: "What happened", value: (r) => r.explanation, style: "wide" },
  ], rows, markFirst("instruction")));
}
