"use strict";
// Elements of the page, and how numbers and names are written.

/// Children may be texts; attributes with a false value are left out.
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false && value !== undefined) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

const count = (number) => Math.round(number).toLocaleString("en");
const hexadecimal = (number, digits) => number.toString(16).padStart(digits, "0");

/// A number to about three digits.
function rounded(number) {
  return number === 0 ? "0" : Number(number.toPrecision(3)).toLocaleString("en", { maximumFractionDigits: 3 });
}

const wordsOf = (key) => key.replace(/[_-]/g, " ");

const plural = (number, word) => `${count(number)} ${word}${number === 1 ? "" : "s"}`;

/// Columns: {head, value(row), style}; a value is a text or an element. `decorate` is given each row's element.
function tableOf(columns, rows, decorate = () => {}) {
  const head = element("tr", {}, ...columns.map((c) => element("th", { class: c.style === "number" && "number" }, c.head)));
  const body = rows.map((row) => {
    const cells = columns.map((c) => element("td", { class: c.style || false }, c.value(row)));
    const line = element("tr", {}, ...cells);
    decorate(line, row);
    return line;
  });
  return element("div", { class: "scroll", tabindex: 0 },
    element("table", {}, element("thead", {}, head), element("tbody", {}, ...body)));
}

function folded(title, hint, ...children) {
  return element("details", {}, element("summary", {}, title + " ", element("span", {}, hint)), ...children);
}

function figures(list) {
  return element("div", { class: "figures" },
    ...list.map(([number, text]) => element("div", { class: "figure" }, element("b", {}, number), element("span", {}, text))));
}

function pill(verdict) {
  return element("span", { class: "pill " + verdict.replace(" ", "-") }, verdict);
}
