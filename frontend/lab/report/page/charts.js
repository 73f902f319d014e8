"use strict";
// Charts in the colours that the page has now: they are made anew when it turns dark or light, and for print.

const PALETTES = {
  light: { text: "#1d2430", muted: "#5a6573", line: "#dcdfe4",
    series: ["#2b62b8", "#d1571b", "#2f7d5b", "#e0a51b", "#7a4fb5", "#c2387a", "#3f9db0", "#8a6a3b", "#8d97a5", "#1d2430", "#9bb84a", "#e58a86"] },
  dark: { text: "#e4e9f0", muted: "#9aa6b5", line: "#303a48",
    series: ["#6c9bea", "#f08a55", "#58b58a", "#edc55a", "#a98be0", "#ea7bb0", "#6cc5d6", "#c2a06a", "#9aa6b5", "#e4e9f0", "#bcd675", "#f2b2ae"] },
};
const CAUSES = ["privileged", "sensitive", "device", "hidden_fault", "write_protect", "page_fault", "exception", "interrupt",
  "debug", "hypercall"];
const PAPER_WIDTH = "680px"; // of a sheet, without its margins
const prefersDark = window.matchMedia("(prefers-color-scheme: dark)");

class Charts {
  constructor() {
    this.all = [];
    prefersDark.addEventListener("change", () => this.drawAll(false));
    window.addEventListener("beforeprint", () => this.drawAll(true));
    window.addEventListener("afterprint", () => this.drawAll(false));
    Chart.defaults.animation = false;
    Chart.defaults.font.family = "system-ui, -apple-system, 'Segoe UI', 'Noto Sans', sans-serif";
    Chart.defaults.maintainAspectRatio = false;
  }

  /// `config(palette)` gives what Chart.js takes; the height is in pixels.
  add(parent, name, height, config) {
    const canvas = element("canvas", { id: name, role: "img", "aria-label": name.replaceAll("-", " ") });
    parent.append(element("div", { class: "chart", style: `height: ${height}px` }, canvas));
    const entry = { canvas, config };
    this.all.push(entry);
    this.draw(entry, false);
  }

  drawAll(printed) {
    for (const entry of this.all) this.draw(entry, printed);
  }

  draw(entry, printed) {
    if (entry.chart) entry.chart.destroy();
    entry.canvas.parentNode.style.width = printed ? PAPER_WIDTH : "";
    const palette = prefersDark.matches && !printed ? PALETTES.dark : PALETTES.light;
    Chart.defaults.color = palette.muted;
    Chart.defaults.borderColor = palette.line;
    entry.chart = new Chart(entry.canvas, entry.config(palette));
  }
}

/// The same cause has the same colour in every chart.
function colourOf(palette, cause) {
  const known = CAUSES.indexOf(cause);
  return palette.series[(known < 0 ? CAUSES.length : known) % palette.series.length];
}

/// Those causes that occur in any of the objects {name: ...}, in the order of CAUSES.
function causesIn(objects) {
  const names = new Set(objects.flatMap((causes) => Object.keys(causes)));
  const order = (name) => (CAUSES.includes(name) ? CAUSES.indexOf(name) : CAUSES.length);
  return [...names].sort((a, b) => order(a) - order(b) || a.localeCompare(b));
}

function axis(title, more = {}) {
  return { title: { display: true, text: title }, ...more };
}
const NO_GRID = { grid: { display: false } };
