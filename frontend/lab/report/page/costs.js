"use strict";
// What trapping costs: a boot in time, workloads with and without remedies, and the paging techniques.

/// In a chart, how the monitor goes about it stands on a line of its own.
const titleOf = (row) => [wordsOf(row.workload), wordsOf(row.remedy)];
const isUsual = (row) => row.remedy === "default";
const MILLION = 1e6;
// Workloads that are worth comparing with each other, by the name of their chart.
const GROUPS = [
  ["traps-system-calls", "System calls", ["int80", "sysenter"]],
  ["traps-memory", "Processes and page tables", ["context-switches", "page-faults", "page-tables"]],
  ["traps-disk", "A disk", ["pio", "dma"]],
];
const LEGEND = { position: "bottom", labels: { boxWidth: 14 } };

/// All that was counted and timed.
function costNumbers(rows) {
  return tableOf([
    { head: "Workload", value: (r) => r.workload },
    { head: "The monitor’s way", value: (r) => r.remedy },
    { head: "instructions", value: (r) => count(r.instructions), style: "number" },
    { head: "run directly", value: (r) => (r.direct_share * 100).toFixed(2) + " %", style: "number" },
    { head: "traps", value: (r) => count(r.traps), style: "number" },
    { head: "in a million", value: (r) => rounded(r.traps_per_million), style: "number" },
    { head: "each operation", value: (r) => (r.operations ? `${rounded(r.traps / r.operations)} a ${r.unit}` : "–"), style: "number" },
    { head: "exits under VT-x", value: (r) => count(r.exits_under_vtx), style: "number" },
    { head: "host s", value: (r) => rounded(r.host_seconds), style: "number" },
    { head: "bare", value: (r) => rounded(r.bare_host_seconds), style: "number" },
    { head: "times", value: (r) => rounded(r.slowdown), style: "number" },
  ], rows, markFirst("workload"));
}

/// How often each cause was met and how long one trap took, all rows together.
function causeNumbers(rows) {
  return causesIn(rows.map((row) => row.causes)).map((name) => {
    const costs = rows.map((row) => row.causes[name]).filter((cost) => cost && cost.count > 0);
    const traps = costs.reduce((sum, cost) => sum + cost.count, 0);
    return { name, traps, ns: costs.reduce((sum, cost) => sum + cost.ns * cost.count, 0) / Math.max(1, traps) };
  }).filter((cause) => cause.traps > 0);
}

function causeBars(body, name, rows) {
  const causes = causeNumbers(rows);
  charts.add(body, name, 80 + 26 * causes.length, (palette) => ({
    type: "bar",
    data: { labels: causes.map((cause) => wordsOf(cause.name)),
      datasets: [{ label: "ns", data: causes.map((cause) => cause.ns), backgroundColor: causes.map((cause) => colourOf(palette, cause.name)) }] },
    options: { indexAxis: "y", plugins: { legend: { display: false } }, scales: { x: axis("ns"), y: NO_GRID } },
  }));
}

/// What the names mean.
function glossary(meanings) {
  return element("dl", {}, ...Object.entries(meanings).flatMap(([name, meaning]) =>
    [element("dt", {}, name), element("dd", {}, meaning)]));
}

function timelineChart(body, name, samples, interval) {
  const names = causesIn(samples.map((s) => s.causes)).filter((cause) => samples.some((s) => s.causes[cause] > 0));
  charts.add(body, name, 400, (palette) => ({
    type: "bar",
    data: {
      labels: samples.map((s) => count(s.instructions / MILLION)),
      datasets: names.map((cause) => ({ label: wordsOf(cause), data: samples.map((s) => s.causes[cause] || 0),
        backgroundColor: colourOf(palette, cause), barPercentage: 1, categoryPercentage: 1 })),
    },
    options: {
      interaction: { mode: "index", intersect: false },
      plugins: { legend: LEGEND },
      scales: { x: axis("million instructions since power-on", { stacked: true, ...NO_GRID }),
        y: axis(`traps in ${rounded(interval / MILLION)} million instructions`, { stacked: true }) },
    },
  }));
}

/// The samples behind the longest stretch in which next to nothing traps, if it is a long one.
function behindTheQuiet(samples) {
  const traps = samples.map((s) => Object.values(s.causes).reduce((sum, number) => sum + number, 0));
  const little = traps.reduce((sum, number) => sum + number, 0) / 1000;
  let longest = 0, end = 0, run = 0;
  traps.forEach((number, i) => {
    run = number <= little ? run + 1 : 0;
    if (run > longest) [longest, end] = [run, i + 1];
  });
  return longest > samples.length / 3 ? samples.slice(end) : [];
}

function renderBoot(body, data) {
  const boot = data.rows.find((row) => row.timeline);
  const { samples, interval } = boot.timeline;
  body.append(figures([
    [rounded(boot.instructions / MILLION) + " M", "guest instructions"],
    [count(boot.traps), "traps, " + rounded(boot.traps_per_million) + " in a million instructions"],
    [(boot.direct_share * 100).toFixed(2) + " %", "of the instructions ran directly"],
    [rounded(boot.slowdown), "times the host’s time of the bare run"],
  ]));
  timelineChart(body, "boot-timeline", samples, interval);
  const rest = behindTheQuiet(samples);
  if (rest.length > 1) {
    body.append(element("h3", {}, "The same behind the long quiet stretch"));
    timelineChart(body, "boot-timeline-end", rest, interval);
  }
  body.append(element("h3", {}, "Nanoseconds of this host for one trap, by cause"));
  causeBars(body, "boot-ns-per-trap", [boot]);
  body.append(folded("The numbers", "and other ways to go about it", costNumbers(data.rows), glossary(data.remedies)));
}

function trapsChart(body, name, rows) {
  const names = causeNumbers(rows).map((cause) => cause.name);
  charts.add(body, name, 90 + 36 * rows.length, (palette) => ({
    type: "bar",
    data: {
      labels: rows.map(titleOf),
      datasets: names.map((cause) => ({ label: wordsOf(cause), data: rows.map((row) => row.causes[cause].per_million),
        backgroundColor: colourOf(palette, cause) })),
    },
    options: { indexAxis: "y", plugins: { legend: LEGEND }, scales: { x: { stacked: true }, y: { stacked: true, ...NO_GRID } } },
  }));
}

function renderCosts(body, data) {
  const { rows } = data;
  for (const [name, title, workloads] of GROUPS) {
    const members = rows.filter((row) => workloads.includes(row.workload));
    if (members.length === 0) continue;
    body.append(element("h3", {}, `${title}: traps in a million instructions`));
    trapsChart(body, name, members);
  }
  body.append(element("h3", {}, "Nanoseconds of this host for one trap, by cause"));
  causeBars(body, "ns-per-trap", rows);
  body.append(element("h3", {}, "How many times longer than bare; the usual way in colour"));
  charts.add(body, "slowdown", 70 + 36 * rows.length, (palette) => ({
    type: "bar",
    data: { labels: rows.map(titleOf),
      datasets: [{ label: "times bare", data: rows.map((row) => row.slowdown),
        backgroundColor: rows.map((row) => palette.series[isUsual(row) ? 0 : 8]) }] },
    options: { indexAxis: "y", plugins: { legend: { display: false } }, scales: { x: axis("times the bare run", { min: 0 }), y: NO_GRID } },
  }));
  body.append(folded("What is done, and how", "", glossary({ ...data.workloads, ...data.remedies })));
  body.append(folded("The numbers", plural(rows.length, "row"), costNumbers(rows)));
}

const PAGING_COLUMNS = { instructions: "instructions", exits: "exits", would_not_exit_under_vtx: "of these, none under VT-x",
  walks: "walks", walk_references: "references of walks", hidden_faults: "hidden faults", write_protect_traps: "stores trapped",
  syncs: "syncs", hypercalls: "calls of the monitor" };

function renderPaging(body, data) {
  const grouped = (keys) => (palette) => ({
    type: "bar",
    data: { labels: data.map((row) => row.technique),
      datasets: keys.map((key, i) => ({ label: PAGING_COLUMNS[key], data: data.map((row) => row[key]), backgroundColor: palette.series[i] })) },
    options: { indexAxis: "y", plugins: { legend: LEGEND }, scales: { y: NO_GRID } },
  });
  body.append(element("h3", {}, "Exits to the monitor"));
  charts.add(body, "paging-exits", 260, grouped(["exits", "hidden_faults", "write_protect_traps", "hypercalls"]));
  body.append(element("h3", {}, "Page-table entries that the processor reads"));
  charts.add(body, "paging-walks", 200, grouped(["walk_references"]));
  body.append(folded("The numbers", "", tableOf([
    { head: "Technique", value: (r) => r.technique },
    ...Object.entries(PAGING_COLUMNS).map(([key, head]) => ({ head, value: (r) => count(r[key]), style: "number" })),
    { head: "host s", value: (r) => r.host_seconds.toFixed(2), style: "number" },
  ], data)));
}
