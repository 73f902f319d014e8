"use strict";
// Puts the sections together.

const charts = new Charts();
const report = JSON.parse(document.getElementById("data").textContent);
const RENDERERS = { table: renderTable, classify: renderClassification, violate: renderViolations, journey: renderJourneys,
  boot: renderBoot, cost: renderCosts, io: renderDevices, paging: renderPaging, silicon: renderSilicon };

/// An experiment that did not run here says why.
function renderSection(section, { data, missing }) {
  const body = section.querySelector(".body");
  if (missing) body.append(element("p", { class: "missing" }, missing));
  if (data) RENDERERS[section.id](body, data);
}

for (const section of document.querySelectorAll("main > section")) {
  const content = report.sections[section.id];
  if (!content) {
    section.remove();
    continue;
  }
  renderSection(section, content);
  document.getElementById("contents").append(element("a", { href: "#" + section.id }, section.querySelector("h2").textContent));
}
document.getElementById("made").textContent = `Ringdown ${report.version}` +
  (report.quick ? "; made with --quick: long workloads are left out or shortened." : ".");

/// What is folded is printed too.
let unfolded = [];
window.addEventListener("beforeprint", () => {
  unfolded = [...document.querySelectorAll("details:not([open])")];
  for (const details of unfolded) details.open = true;
});
window.addEventListener("afterprint", () => {
  for (const details of unfolded) details.open = false;
});
