"use strict";
// Pairs of machines at the first wrong result, and what became of each.

// A boot says much: shown are so many lines before the two consoles part, behind that, and at the end.
const LINES_BEFORE = 3, LINES_BEHIND = 14, LINES_AT_END = 10;

/// Lines of a console, of which those that the other one does not have, in this order, get the class `mark`.
function markedLines(lines, others, mark) {
  const left = [...others];
  return lines.map((line) => {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(0, at + 1);
    return element("span", { class: at < 0 && mark }, line || " ");
  });
}

function shortened(lines, parting) {
  const from = parting > 2 * LINES_BEFORE ? parting - LINES_BEFORE : 0;
  const behind = Math.max(parting, from) + LINES_BEHIND;
  const end = lines.length - LINES_AT_END;
  const note = (number) => element("span", { class: "left-out" }, `(${plural(number, "line")})`);
  return [...(from > 0 ? [note(from)] : []),
    ...(end - behind > 1 ? [...lines.slice(from, behind), note(end - behind), ...lines.slice(end)] : lines.slice(from))];
}

function consoles(aftermath) {
  const linesOf = (side) => side.output.replace(/[\r\0]/g, "").replace(/\n$/, "").split("\n");
  const bare = linesOf(aftermath.bare), through = linesOf(aftermath.through);
  const differing = bare.findIndex((line, i) => line !== through[i]);
  const parting = differing < 0 ? bare.length : differing;
  const box = (title, side, lines) => element("div", {}, element("h4", {}, title),
    element("pre", { class: "console" }, ...shortened(lines, parting)), element("p", { class: "end" }, "End: " + side.end));
  return element("div", { class: "pair" }, box("Bare", aftermath.bare, markedLines(bare, through, "right")),
    box("Let through", aftermath.through, markedLines(through, bare, "differs")));
}

/// The steps that led there, the one that gave the wrong result last.
function historyOf(violation) {
  const lineOf = (step) => `${step.cs}:${step.eip}  ${step.bytes.padEnd(20)} ${step.disassembly}`;
  const steps = [...violation.history, violation].map(lineOf);
  return element("pre", { class: "history", tabindex: 0 },
    ...steps.map((line, i) => element("span", { class: i === steps.length - 1 && "last" }, line + "\n")));
}

function pairsOf(rows) {
  return tableOf([
    { head: "", value: (row) => (row.place ? `${row.item} (${row.place})` : row.item) },
    { head: "Bare", value: (row) => row.bare, style: "code" },
    { head: "Let through", value: (row) => row.through, style: "code" },
  ], rows, (line, row) => { if (row.bare !== row.through) line.lastChild.classList.add("differs"); });
}

function renderViolation(violation) {
  const { summary, ticks, events, differences, state, aftermath } = violation;
  const states = folded("Both states", "", pairsOf(state));
  states.classList.add("screen-only");
  const different = events.bare === events.through ? differences
    : [{ item: "exception", bare: events.bare || "none", through: events.through || "none" }, ...differences];
  return [
    element("p", {}, summary.charAt(0).toUpperCase() + summary.slice(1) + "."),
    element("h3", {}, `The first wrong result, after ${count(ticks)} instructions`),
    historyOf(violation), pairsOf(different),
    states,
    element("h3", {}, "What each then did"), consoles(aftermath),
  ];
}

// Of the pairs, so many are unfolded.
const SHOWN = 2;

function renderViolations(body, data) {
  let shown = 0;
  for (const violation of data) {
    const title = `${violation.instruction.toUpperCase()} let through: ${violation.guest}`;
    if (violation.missing) {
      body.append(folded(title, "not shown", element("p", { class: "missing" }, violation.missing)));
      continue;
    }
    const details = folded(title, violation.about || "", ...renderViolation(violation));
    details.open = ++shown <= SHOWN;
    body.append(details);
  }
}
