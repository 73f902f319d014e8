"use strict";
// Pairs of machines at the first wrong result, and what became of each.

/// Lines of two consoles: those that the other one does not have, in this order, get the class `mark`.
function markedLines(lines, others, mark) {
  const left = [...others];
  return lines.map((line) => {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(0, at + 1);
    return element("span", { class: at < 0 && mark }, line || " ");
  });
}

function consoles(aftermath) {
  const linesOf = (side) => side.output.replace(/\n$/, "").split("\n");
  const box = (title, side, other, mark) => element("div", {}, element("h4", {}, title),
    element("pre", { class: "console" }, ...markedLines(linesOf(side), linesOf(other), mark)),
    element("p", { class: "end" }, "End: " + side.end));
  return element("div", { class: "pair" }, box("Bare", aftermath.bare, aftermath.through, "right"),
    box("Let through", aftermath.through, aftermath.bare, "differs"));
}

/// The history may be texts, or objects with a text.
function historyOf(violation) {
  const lineOf = (step) => (typeof step === "string" ? step
    : `${hexadecimal(step.cs, 4)}:${hexadecimal(step.eip, 8)}  ${(step.bytes || "").padEnd(20)} ${step.disassembly || step.text || ""}`);
  const lines = (violation.history || []).map(lineOf);
  return element("pre", { class: "history", tabindex: 0 },
    ...lines.map((line, i) => element("span", { class: i === lines.length - 1 && "last" }, line + "\n")));
}

function frozenState(violation) {
  const where = `after ${count(violation.ticks)} instructions, at ${hexadecimal(violation.cs, 4)}:${hexadecimal(violation.eip, 8)}`;
  const parts = [element("p", {}, "Frozen ", where, ": ", element("code", {}, violation.disassembly), ".")];
  parts.push(tableOf([
    { head: "Differs", value: (d) => d.item },
    { head: "Bare", value: (d) => d.bare, style: "code" },
    { head: "Let through", value: (d) => d.through, style: "code differs" },
  ], violation.differences));
  if (violation.history && violation.history.length !== 0) {
    parts.push(element("h3", {}, "How it came there"), historyOf(violation));
  }
  return parts;
}

function renderViolation(violation) {
  const parts = violation.differences ? frozenState(violation) : [];
  if (!violation.aftermath) return parts;
  if (parts.length !== 0) parts.push(element("h3", {}, "What each then did"));
  return [...parts, consoles(violation.aftermath)];
}

// Of the pairs, so many are unfolded.
const SHOWN = 2;

function renderViolations(body, data) {
  for (const violation of data) {
    const title = `${violation.instruction} let through: ${violation.guest}`;
    if (violation.missing) {
      body.append(folded(title, "not shown", element("p", { class: "missing" }, violation.missing)));
    } else {
      body.append(folded(title, violation.summary || "", ...renderViolation(violation)));
    }
  }
  for (const details of [...body.querySelectorAll("details")].slice(0, SHOWN)) details.open = true;
}
