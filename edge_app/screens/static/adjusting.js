// The points that angles rest on, moved by finger, mouse or key. The server works out the angles and draws the lines while they move, and
// keeps points only when it is told to.
import { toCanvas, toPicture, within } from "./geometry.js";

const OFF_PX = 78;
const REACH_PX = 34;
const LEAST_OFF_PX = 52;
const TURNS = [[1, 0, 0, 1], [0, -1, 1, 0], [0, 1, -1, 0], [-1, 0, 0, -1]];
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const FAR_STEPS = 5;
const LONGEST_MS = 5000;
const SLOW_MS = 400;
const AGAIN_MS = 1000;
const QUIET_MS = 700;
const BAD_REQUEST = 400;

const set = (element, values) => { for (const [name, value] of Object.entries(values)) element.setAttribute(name, value); };
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
const between = (value, least, most) => Math.min(most, Math.max(least, value));
const hundredth = (value) => Math.round(value * 100) / 100;

export class Adjusting {
  constructor(panel, view) {
    this.panel = panel;
    this.view = view;
    this.size = { rows: Number(panel.dataset.rows), columns: Number(panel.dataset.columns) };
    this.box = JSON.parse(panel.dataset.box);
    this.hand = panel.dataset.hand ? JSON.parse(panel.dataset.hand) : null;
    this.points = this.hand ?? this.box;
    this.told = JSON.stringify(this.points);
    this.before = [];
    this.held = new Map();
    this.layer = view.overlay.querySelector("[data-viewer-layer=lines]");
    this.grips = new Map();
    for (const grip of view.element.querySelectorAll("[data-grip]")) this.listen(grip);
    for (const button of panel.querySelectorAll("[data-adjusting-to]")) button.addEventListener("click", () => this.show(this[button.dataset.adjustingTo]));
    this.part("undo").addEventListener("click", () => this.undo());
    document.addEventListener("click", (event) => this.leaving(event), true);
    document.addEventListener("htmx:afterSwap", () => this.elsewhere());
    view.points = this;
    this.mark();
    view.later();
  }

  part(name) {
    return this.panel.querySelector(`[data-adjusting-${name}]`);
  }

  get shown() {
    return this.hand ?? this.box;
  }

  // Whether there is something that would be lost.
  get unkept() {
    return !same(this.points, this.box) && !same(this.points, this.shown);
  }

  listen(grip) {
    const name = grip.dataset.grip;
    const mark = this.view.element.querySelector(`[data-point="${name}"]`);
    this.grips.set(name, { grip, mark, away: grip.dataset.away.split(" ").map(Number), turn: TURNS[0] });
    grip.addEventListener("contextmenu", (event) => event.preventDefault());
    grip.addEventListener("pointerdown", (event) => {
      if (event.button || !this.m) return;
      grip.setPointerCapture(event.pointerId);
      this.view.element.toggleAttribute("data-held", true);
      this.held.set(event.pointerId, { name, x: event.clientX, y: event.clientY, from: this.points[name], still: true });
    });
    grip.addEventListener("pointermove", (event) => {
      const own = this.held.get(event.pointerId);
      if (!own) return;
      if (own.still) this.remember();
      own.still = false;
      this.move(name, own.from, event.clientX - own.x, event.clientY - own.y);
    });
    const released = (event) => {
      this.held.delete(event.pointerId);
      this.view.element.toggleAttribute("data-held", this.held.size > 0);
      this.view.later();
    };
    grip.addEventListener("pointerup", released);
    grip.addEventListener("pointercancel", released);
    grip.addEventListener("keydown", (event) => {
      if (!(event.code in ARROWS) || event.ctrlKey || event.altKey || event.metaKey || !this.m) return;
      event.preventDefault();
      event.stopPropagation();
      if (!event.repeat) this.remember();
      const [x, y] = ARROWS[event.code].map((one) => one * (event.shiftKey ? FAR_STEPS : 1));
      this.move(name, this.points[name], x, y);
    });
  }

  // By so many CSS pixels of what is seen, however it is zoomed, flipped and turned.
  move(name, [x, y], dx, dy) {
    const by = toPicture({ ...this.m, e: 0, f: 0 }, { x: dx, y: dy });
    const to = within({ x: x + by.x, y: y + by.y }, this.size);
    this.points = { ...this.points, [name]: [hundredth(to.x), hundredth(to.y)] };
    this.changed();
  }

  remember() {
    this.before.push(this.points);
  }

  show(points) {
    if (same(points, this.points)) return;
    this.remember();
    this.points = points;
    this.changed();
  }

  undo() {
    this.points = this.before.pop() ?? this.shown;
    this.changed();
  }

  changed() {
    this.part("points").value = JSON.stringify(this.points);
    this.warned = false;
    this.mark();
    this.view.later();
    this.ask();
  }

  // One question at a time; what has moved meanwhile is asked next.
  async ask() {
    clearTimeout(this.retry);
    if (this.asking) return;
    this.asking = true;
    const asked = JSON.stringify(this.points);
    const slow = setTimeout(() => this.panel.toggleAttribute("data-waiting", true), SLOW_MS);
    try {
      const headers = { "Content-Type": "application/json" };
      const answer = await fetch(this.panel.dataset.preview, { method: "POST", headers, body: asked, signal: AbortSignal.timeout(LONGEST_MS) });
      if (answer.ok) this.tell(await answer.json());
      else this.fail(answer.status === BAD_REQUEST ? "unmeasurable" : "failed");
    } catch {
      this.fail("failed");
    }
    clearTimeout(slow);
    this.panel.removeAttribute("data-waiting");
    this.asking = false;
    this.told = asked;
    this.mark();
    if (asked !== JSON.stringify(this.points)) this.ask();
    else if (this.wrong === "failed") this.retry = setTimeout(() => this.ask(), AGAIN_MS);
  }

  tell({ angles, lines }) {
    this.wrong = null;
    this.part("angles").innerHTML = angles;
    this.layer.innerHTML = lines;
    clearTimeout(this.quiet);
    this.quiet = setTimeout(() => { this.part("said").textContent = this.part("angles").innerText; }, QUIET_MS);
  }

  // No number and no line of points that are elsewhere by now is left to be read.
  fail(wrong) {
    this.wrong = wrong;
    for (const degrees of this.panel.querySelectorAll(".degrees")) degrees.textContent = "–";
    this.layer.replaceChildren();
  }

  mark() {
    for (const button of this.panel.querySelectorAll("[data-adjusting-to]")) {
      button.setAttribute("aria-pressed", String(same(this.points, this[button.dataset.adjustingTo])));
    }
    const known = this.told === JSON.stringify(this.points) && !this.wrong;
    this.part("undo").disabled = this.before.length === 0;
    this.part("keep").disabled = !known || same(this.points, this.shown);
    const at = same(this.points, this.box) ? "box" : same(this.points, this.hand) ? "hand" : "moved";
    const is = (this.unkept && this.warned) || this.wrong || at;
    const says = this.panel.dataset[`says${is[0].toUpperCase()}${is.slice(1)}`];
    this.panel.dataset.adjustingState = is;
    if (this.part("is").textContent !== says) this.part("is").textContent = says;
  }

  // Where everything lies on the viewer, by the matrix from the original to CSS pixels.
  place(m) {
    this.m = m;
    const { clientWidth: width, clientHeight: height } = this.view.element;
    for (const [name, own] of this.grips) {
      const [x, y] = this.points[name], at = toCanvas(m, { x, y });
      const seen = this.view.shown.points && at.x >= 0 && at.y >= 0 && at.x <= width && at.y <= height;
      own.grip.toggleAttribute("hidden", !seen);
      own.mark.toggleAttribute("hidden", !seen);
      if (!seen) continue;
      const [right, down] = own.away;
      const away = { x: (m.a * right + m.c * down) / m.factor, y: (m.b * right + m.d * down) / m.factor };
      const place = ([a, b, c, d]) => ({
        x: between(at.x + OFF_PX * (a * away.x + b * away.y), REACH_PX, width - REACH_PX),
        y: between(at.y + OFF_PX * (c * away.x + d * away.y), REACH_PX, height - REACH_PX),
      });
      const off = (turn) => { const to = place(turn); return Math.hypot(to.x - at.x, to.y - at.y); };
      // At the edge a grip has its place elsewhere beside its point; not while it is held, or it would slip from under the finger.
      if (![...this.held.values()].some((one) => one.name === name)) own.turn = TURNS.find((turn) => off(turn) >= LEAST_OFF_PX) ?? TURNS[0];
      const to = place(own.turn), far = off(own.turn);
      own.grip.style.left = `${to.x}px`;
      own.grip.style.top = `${to.y}px`;
      for (const circle of own.mark.querySelectorAll("circle")) set(circle, { cx: at.x, cy: at.y });
      const along = (length) => `${at.x + ((to.x - at.x) * length) / (far || 1)} ${at.y + ((to.y - at.y) * length) / (far || 1)}`;
      const d = far > REACH_PX + 10 ? `M${along(10)}L${along(far - REACH_PX + 2)}` : "M0 0";
      for (const stem of own.mark.querySelectorAll("path")) stem.setAttribute("d", d);
    }
  }

  // A touch that leads away from what is not kept is asked about once.
  leaving(event) {
    if (!this.panel.isConnected || !this.unkept || this.warned === "leaving") return;
    if (!(event.target instanceof Element) || !event.target.closest("a[href]")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.warned = "leaving";
    this.mark();
  }

  // Somebody has kept other points since, on another screen, or the picture was read anew.
  elsewhere() {
    const now = document.querySelector("[data-adjusting-now]");
    if (!now || !this.panel.isConnected || now.dataset.adjustingNow === this.panel.dataset.adjusting || this.panel.querySelector("form").dataset.posting) return;
    if (!this.unkept) location.reload();
    else {
      this.warned = "elsewhere";
      this.mark();
    }
  }
}
