"use strict";
// Traps for each packet and each block, device beside device.

// Where the bars begin: less is not to be seen.
const FEWEST_TRAPS = 0.1;
const perUnit = (row) => row.traps / row.units;

/// Of one kind of unit: a group of bars for each work, in it one for each device.
function devicesChart(body, name, unit, rows) {
  const works = [...new Set(rows.map((row) => row.work))];
  const devices = [...new Set(rows.map((row) => row.device))];
  const value = (work, device) => perUnit(rows.find((row) => row.work === work && row.device === device));
  charts.add(body, name, 120 + works.length * (20 + 14 * devices.length), (palette) => ({
    type: "bar",
    data: {
      labels: works.map((work) => work.split(", ")),
      datasets: devices.map((device, i) => ({ label: device, data: works.map((work) => value(work, device)),
        backgroundColor: palette.series[i] })),
    },
    options: { indexAxis: "y", plugins: { legend: LEGEND },
      scales: { x: axis(`traps for a ${unit}`, { type: "logarithmic", min: FEWEST_TRAPS }), y: NO_GRID } },
  }));
}

function renderDevices(body, data) {
  for (const unit of ["packet", "block"]) {
    const rows = data.rows.filter((row) => row.work.includes(unit));
    body.append(element("h3", {}, `Traps for a ${unit}`));
    devicesChart(body, `io-${unit}s`, unit, rows);
  }
  body.append(folded("What the devices are", "", glossary(data.devices)));
  body.append(folded("The numbers", plural(data.rows.length, "row"), tableOf([
    { head: "Work", value: (r) => r.work },
    { head: "Device", value: (r) => r.device },
    { head: "traps", value: (r) => count(r.traps), style: "number" },
    { head: "each", value: (r) => rounded(perUnit(r)), style: "number" },
    { head: "host s", value: (r) => rounded(r.seconds), style: "number" },
  ], data.rows, markFirst("work"))));
}
