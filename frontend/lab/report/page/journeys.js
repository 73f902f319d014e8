"use strict";
// Drawings of journeys, and their crossings as tables.

const JOURNEYS = { int80: "A system call by INT 80h", sysenter: "A system call by SYSENTER", "page-fault": "A page fault" };

function crossingsOf(journey) {
  const rings = (virtual, physical) => `${virtual} (${physical})`;
  return tableOf([
    { head: "From", value: (c) => c.from },
    { head: "To", value: (c) => c.to },
    { head: "Cause", value: (c) => c.cause },
    { head: "Instruction", value: (c) => c.instruction || "–", style: "code" },
    { head: "Ring before", value: (c) => rings(c.virtual_ring_before, c.physical_ring_before) },
    { head: "after", value: (c) => rings(c.virtual_ring_after, c.physical_ring_after) },
    { head: "The monitor", value: (c) => c.did, style: "wide" },
    { head: "Instructions before", value: (c) => count(c.instructions_since), style: "number" },
    { head: "ns inside", value: (c) => count(c.host_ns_inside), style: "number" },
  ], journey.crossings);
}

function renderJourneys(body, data) {
  const inside = (journey) => journey.crossings.reduce((sum, c) => sum + c.host_ns_inside, 0);
  body.append(figures(data.map(({ journey }) => [plural(journey.crossings.length, "crossing"),
    `${JOURNEYS[journey.kind] || journey.kind}; ${count(inside(journey))} ns in the monitor`])));
  for (const { journey, svg } of data) {
    const drawing = element("div", { class: "drawing", tabindex: 0 });
    drawing.innerHTML = svg;
    const details = folded(JOURNEYS[journey.kind] || journey.kind, plural(journey.crossings.length, "crossing"), drawing,
      folded("The crossings as a table", "rings as the guest has them (and as they are)", crossingsOf(journey)));
    details.open = true;
    body.append(details);
  }
}
