"use strict";
// What trapping costs: a boot in time, workloads with and without remedies, and the paging techniques.

const cost = (row) => row.causes || {};
/// In a chart, a remedy stands on a line of its own.
const titleOf = (row) => (row.remedy && row.remedy !== "none" ? [row.workload, row.remedy] : row.workload);
const MILLION = 1e6;

function renderBoot(body, data) {
  const { samples, interval } = data.timeline;
  const names = causesIn(samples.map((s) => s.causes));
  body.append(figures([
    [rounded(data.instructions / MILLION) + " M", "guest instructions"],
    [count(data.traps), "traps, " + rounded(data.traps_per_million) + " in a million instructions"],
    [(data.direct_share * 100).toFixed(2) + " %", "of the instructions ran directly"],
  ]));
  charts.add(body, "boot-timeline", 380, (palette) => ({
    type: "bar",
    data: {
      labels: samples.map((s) => rounded(s.instructions / MILLION)),
      datasets: names.map((name) => ({ label: name, data: samples.map((s) => s.causes[name] || 0),
        backgroundColor: colourOf(palette, name), barPercentage: 1, categoryPercentage: 1 })),
    },
    options: {
      interaction: { mode: "index", intersect: false },
      plugins: { legend: { position: "bottom", labels: { boxWidth: 14 } } },
      scales: { x: axis("million instructions since power-on", { stacked: true, ...NO_GRID }),
        y: axis(`traps in ${rounded(interval / MILLION)} million instructions`, { stacked: true }) },
    },
  }));
  body.append(folded("The numbers", "", tableOf([
    { head: "Cause", value: (name) => name },
    { head: "traps", value: (name) => count(cost(data)[name].count), style: "number" },
    { head: "in a million instructions", value: (name) => rounded(cost(data)[name].per_million), style: "number" },
    { head: "ns each", value: (name) => rounded(cost(data)[name].ns), style: "number" },
  ], causesIn([cost(data)]))));
}

function barHeight(bars) { return 110 + 30 * bars; }

function renderCosts(body, data) {
  const names = causesIn(data.map(cost));
  const stacked = (value) => (palette) => ({
    type: "bar",
    data: {
      labels: data.map(titleOf),
      datasets: names.map((name) => ({ label: name, data: data.map((row) => value(row, name)), backgroundColor: colourOf(palette, name) })),
    },
    options: {
      indexAxis: "y",
      plugins: { legend: { position: "bottom", labels: { boxWidth: 14 } } },
      scales: { x: { stacked: true }, y: { stacked: true, ...NO_GRID } },
    },
  });
  const ofCause = (row, name) => cost(row)[name] || { count: 0, per_million: 0, ns: 0 };
  body.append(element("h3", {}, "Traps in a million instructions"));
  charts.add(body, "traps-per-million", barHeight(data.length), stacked((row, name) => ofCause(row, name).per_million));
  body.append(element("h3", {}, "Nanoseconds of this host for one trap, by cause"));
  const times = names.map((name) => [name, data.map((row) => ofCause(row, name)).filter((c) => c.count > 0)])
    .map(([name, list]) => [name, list.reduce((sum, c) => sum + c.ns * c.count, 0) / Math.max(1, list.reduce((sum, c) => sum + c.count, 0))]);
  charts.add(body, "ns-per-trap", barHeight(times.length), (palette) => ({
    type: "bar",
    data: { labels: times.map(([name]) => name),
      datasets: [{ label: "ns", data: times.map(([, ns]) => ns), backgroundColor: times.map(([name]) => colourOf(palette, name)) }] },
    options: { indexAxis: "y", plugins: { legend: { display: false } }, scales: { x: axis("ns"), y: NO_GRID } },
  }));
  const timed = data.filter((row) => row.slowdown);
  if (timed.length !== 0) {
    body.append(element("h3", {}, "How many times longer than bare"));
    charts.add(body, "slowdown", barHeight(timed.length), (palette) => ({
      type: "bar",
      data: { labels: timed.map(titleOf),
        datasets: [{ label: "times bare", data: timed.map((row) => row.slowdown),
          backgroundColor: timed.map((row) => palette.series[row.remedy && row.remedy !== "none" ? 2 : 1]) }] },
      options: { indexAxis: "y", plugins: { legend: { display: false } }, scales: { x: axis("times the bare run", { min: 0 }), y: NO_GRID } },
    }));
  }
  body.append(folded("The numbers", plural(data.length, "row"), tableOf([
    { head: "Workload", value: (r) => r.workload },
    { head: "Remedy", value: (r) => r.remedy || "none" },
    { head: "instructions", value: (r) => count(r.instructions), style: "number" },
    { head: "run directly", value: (r) => (r.direct_share * 100).toFixed(2) + " %", style: "number" },
    { head: "traps", value: (r) => count(r.traps), style: "number" },
    { head: "in a million", value: (r) => rounded(r.traps_per_million), style: "number" },
    { head: "exits under VT-x", value: (r) => count(r.exits_under_vtx), style: "number" },
    { head: "host s", value: (r) => rounded(r.host_seconds), style: "number" },
    { head: "bare", value: (r) => rounded(r.bare_host_seconds || 0), style: "number" },
    { head: "times", value: (r) => rounded(r.slowdown || 0), style: "number" },
  ], data, markFirst("workload"))));
}

const PAGING_COLUMNS = { instructions: "instructions", exits: "exits", would_not_exit_under_vtx: "of these, none under VT-x",
  walks: "walks", walk_references: "references of walks", hidden_faults: "hidden faults", write_protect_traps: "stores trapped",
  syncs: "syncs", hypercalls: "calls of the monitor" };

function renderPaging(body, data) {
  const grouped = (keys) => (palette) => ({
    type: "bar",
    data: { labels: data.map((row) => row.technique),
      datasets: keys.map((key, i) => ({ label: PAGING_COLUMNS[key], data: data.map((row) => row[key]), backgroundColor: palette.series[i] })) },
    options: { indexAxis: "y", plugins: { legend: { position: "bottom", labels: { boxWidth: 14 } } }, scales: { y: NO_GRID } },
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
