"use strict";
// Guest-physical memory as a grid of frames: which hold tables, and how often stores to them trapped.

const FRAMES_PER_ROW = 128;
/** Above the first row, for its label. */
const MARGIN = 4;
/** No canvas is as high as one likes. */
const MOST_ROWS = 1000;

class HeatMap {
  constructor(view) {
    this.view = view;
    this.canvas = document.getElementById("heat");
    this.most = data.counts.storesTrapped.reduce((most, [, count]) => Math.max(most, count), 1);
    this.rows = this.rowsWithTables();
    this.chosen = null;
    this.canvas.addEventListener("click", (e) => this.choose(this.frameAt(e)));
    this.canvas.addEventListener("mousemove", (e) => { this.canvas.title = this.describe(this.frameAt(e)); });
    this.canvas.addEventListener("keydown", (e) => this.key(e));
    document.getElementById("heat-legend").append("0 ", ...[0, 1, 2, 3, 4, 5].map((step) => {
      const swatch = element("i");
      swatch.style.background = `var(--heat-${step})`;
      return swatch;
    }), ` ${plural(this.most, "trapped store")}`);
    new ResizeObserver(() => this.show()).observe(this.canvas.parentElement);
  }

  /** Rows that hold a table, or are stored to, at some time; of very many, those that are stored to most. */
  rowsWithTables() {
    const rows = new Map();
    const add = (page, count) => {
      const row = Math.floor(page / FRAMES_PER_ROW);
      rows.set(row, (rows.get(row) || 0) + count);
    };
    for (const [page, count] of data.counts.storesTrapped) add(page, count);
    for (const page of data.descriptorTables) add(page, 0);
    for (const event of this.view.model.events) {
      if (event.kind === "protect") add(pageOf(event.physical), 0);
    }
    this.leftOut = Math.max(0, rows.size - MOST_ROWS);
    return [...rows].sort((a, b) => b[1] - a[1]).slice(0, MOST_ROWS).map(([row]) => row).sort((a, b) => a - b);
  }

  get cell() { return Math.max(2, Math.floor((this.canvas.parentElement.clientWidth - 300) / (FRAMES_PER_ROW + 10))); }
  get labelWidth() { return 76; }

  frameAt(event) {
    const size = this.cell;
    const column = Math.floor((event.offsetX - this.labelWidth) / size);
    const row = this.rows[Math.floor((event.offsetY - MARGIN) / (size + 8))];
    return row === undefined || column < 0 || column >= FRAMES_PER_ROW ? null : row * FRAMES_PER_ROW + column;
  }

  describe(page) {
    if (page === null) return "";
    const guarded = this.view.model.guarded.get(page);
    const stores = this.view.model.trapped.get(page) || 0;
    return `frame ${frameName(page)} (${hex(page * PAGE)}): ` +
      (guarded ? `holds a ${LEVEL_NAMES[guarded.level]}, ${sinceWords(guarded)}; `
        : `${this.use(page)}; `) + `${plural(stores, "store")} trapped so far`;
  }

  /** What a frame is. Stores trap at page tables and at descriptor tables. */
  use(page) {
    const {guarded, known, trapped} = this.view.model;
    if (guarded.has(page)) return LEVEL_NAMES[guarded.get(page).level];
    if (known.has(page)) return "was a table";
    return trapped.has(page) ? "descriptor table" : "holds no table";
  }

  choose(page) {
    this.chosen = page;
    if (page !== null) {
      const linear = this.view.model.linearOf(page);
      if (linear !== null) this.view.look(linear);
    }
    this.show();
  }

  key(event) {
    const steps = {ArrowLeft: -1, ArrowRight: 1};
    const pages = data.counts.storesTrapped.map(([page]) => page);
    if (!(event.key in steps) || pages.length === 0) return;
    event.preventDefault();
    event.stopPropagation();
    const now = pages.indexOf(this.chosen);
    this.choose(pages[Math.min(pages.length - 1, Math.max(0, now + steps[event.key]))]);
  }

  colour(stores, styles) {
    if (stores === 0) return styles.getPropertyValue("--heat-0");
    const step = 1 + Math.min(4, Math.floor(5 * Math.log(stores) / Math.log(this.most + 1)));
    return styles.getPropertyValue(`--heat-${step}`);
  }

  show() {
    const styles = getComputedStyle(document.documentElement);
    const size = this.cell;
    const pitch = size + 8;
    const ratio = window.devicePixelRatio || 1;
    const width = this.labelWidth + FRAMES_PER_ROW * size;
    const height = Math.max(24, this.rows.length * pitch) + MARGIN;
    Object.assign(this.canvas, {width: width * ratio, height: height * ratio});
    Object.assign(this.canvas.style, {width: width + "px", height: height + "px"});
    const context = this.canvas.getContext("2d");
    context.scale(ratio, ratio);
    context.font = "11px ui-monospace, monospace";
    context.textBaseline = "middle";
    const {guarded, trapped} = this.view.model;
    this.rows.forEach((row, i) => {
      const top = MARGIN + i * pitch;
      context.fillStyle = styles.getPropertyValue("--muted");
      context.fillText(hex(row * FRAMES_PER_ROW * PAGE), 0, top + size / 2 + 1);
      for (let column = 0; column < FRAMES_PER_ROW; ++column) {
        const page = row * FRAMES_PER_ROW + column;
        const left = this.labelWidth + column * size;
        context.fillStyle = this.colour(trapped.get(page) || 0, styles);
        context.fillRect(left, top, size - 0.5, size + 2);
        if (guarded.has(page)) {
          context.fillStyle = styles.getPropertyValue("--ring");
          context.fillRect(left, top + size + 2, size - 0.5, 3);
        }
        if (page === this.chosen) {
          context.strokeStyle = styles.getPropertyValue("--focus");
          context.strokeRect(left - 1, top - 0.5, size + 1, size + 5);
        }
      }
    });
    this.showHot();
  }

  showHot() {
    const {guarded, trapped} = this.view.model;
    document.getElementById("heat-scale").textContent = `${plural(guarded.size, "frame")} protected now.` +
      (this.leftOut ? ` ${plural(this.leftOut, "row")} with fewer stores left out.` : "");
    document.getElementById("heat-frame").textContent = this.describe(this.chosen);
    const hottest = [...trapped].sort((a, b) => b[1] - a[1]).slice(0, 8);
    document.querySelector("#hot tbody").replaceChildren(...hottest.map(([page, count]) => {
      const row = element("tr");
      const link = element("button", frameName(page));
      link.type = "button";
      link.addEventListener("click", () => this.choose(page));
      row.append(element("td"), element("td", this.use(page)),
                 element("td", number(count)));
      row.firstChild.append(link);
      return row;
    }));
  }
}
