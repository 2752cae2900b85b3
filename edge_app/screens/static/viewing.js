// A viewer: one picture, or two side by side, with its buttons and keys. What is done to one picture is done to the other.
import { Adjusting } from "./adjusting.js";
import { toCanvas, toPicture, within } from "./geometry.js";
import { listen } from "./gestures.js";
import { View } from "./view.js";
import { carried } from "./windows.js";

const MARKS = ["boxes", "heat", "outlines", "lines", "points"];
const MODES = ["move", "window", "ruler"];
const STEP_PX = { move: 40, window: 20, ruler: 2 };
const ZOOM_STEP = 1.25;
// Neither A nor D, by which the console answers.
const KEYS = {
  KeyV: "move", KeyW: "window", KeyM: "ruler", KeyF: "flip", KeyR: "turn", KeyI: "invert", KeyX: "reset", KeyN: "bright",
  KeyB: "boxes", KeyO: "outlines", KeyL: "lines", KeyP: "points", KeyH: "heat", KeyC: "compare", KeyT: "together",
  Digit1: "sent", Digit2: "lung", Digit3: "soft", Digit4: "bone", Digit5: "full",
  Digit0: "fit", Numpad0: "fit", Equal: "in", NumpadAdd: "in", Minus: "out", NumpadSubtract: "out", Escape: "leave",
};
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Viewing {
  constructor(root) {
    this.root = root;
    this.whole = root.matches("[data-viewing]");
    this.elements = this.whole ? [...root.querySelectorAll("[data-viewer]")] : [root];
    this.mode = this.whole ? "move" : "window";
    this.together = true;
    this.views = [];
    this.open(0);
    const panel = root.querySelector("[data-adjusting]");
    if (panel) new Adjusting(panel, this.views[0]);
    root.addEventListener("input", (event) => {
      const name = event.target.dataset.viewerStrength;
      if (!name) return;
      for (const view of this.views) view.strength[name] = event.target.value / 100;
      this.drawAll();
    });
  }

  open(number) {
    const view = new View(this.elements[number], (what) => this.told(view, what));
    this.views[number] = view;
    listen(view, () => this.mode);
    view.canvas.addEventListener("focus", () => { this.last = view; });
  }

  get first() {
    return this.last ?? this.views[0];
  }

  get comparing() {
    return this.elements.length > 1 && !this.elements[1].hidden;
  }

  told(view, what) {
    for (const other of this.views) {
      if (other === view || !other.picture || !view.picture || !this.comparing) continue;
      if (what === "pose") other.pose = view.pose;
      else if (what === "shown") this.follow(view);
      else if (what === "window" && this.together) this.carry(view, other);
      other.later();
    }
    this.markLater();
  }

  // The second picture comes as the first one is seen.
  follow(view) {
    const [first] = this.views;
    if (view === first) return;
    Object.assign(view, { pose: first.pose, inverted: first.inverted, bright: first.bright, shown: { ...first.shown }, strength: { ...first.strength } });
    if (this.together) this.carry(first, view);
    view.later();
  }

  carry(from, to) {
    to.preset = from.preset;
    to.window = from.preset ? { ...to.presets[from.preset] } : carried(from.window, from.picture.window, to.picture.window);
  }

  drawAll() {
    for (const view of this.views) view.later();
    this.markLater();
  }

  compare() {
    const [, second] = this.elements;
    if (!second) return;
    second.hidden = !second.hidden;
    this.last = undefined;
    if (this.views.length < 2) this.open(1);
    else if (this.comparing && this.views[1].picture) this.follow(this.views[1]);
    this.drawAll();
  }

  leave() {
    if (this.root.classList.contains("large")) this.large();
    else if (this.root.matches("[data-viewing-page]")) document.querySelector("[data-viewing-back]").click();
  }

  large() {
    this.root.classList.toggle("large");
    const grown = this.root.classList.contains("large");
    if (!grown && this.comparing) this.compare();
    this.drawAll();
    // Its words could not be fitted while they had no size.
    window.dispatchEvent(new Event("resize"));
    if (grown) this.views[0].canvas.focus();
    else this.buttons("large").at(0)?.focus();
  }

  act(action) {
    const view = this.first;
    if (action === "large") return this.large();
    if (action === "leave") return this.leave();
    if (!view.picture) return;
    if (MODES.includes(action)) this.mode = action;
    else if (MARKS.includes(action)) {
      const shown = !this.views[0].shown[action];
      for (const one of this.views) one.shown[action] = shown;
    } else if (action in view.presets) view.choose(action);
    else if (action === "invert" || action === "bright") {
      const on = !view[action === "invert" ? "inverted" : "bright"];
      for (const one of this.views) one[action === "invert" ? "inverted" : "bright"] = on;
    } else if (action === "compare") this.compare();
    else if (action === "together") {
      this.together = !this.together;
      const [first, second] = this.views;
      if (this.together && second?.picture) this.carry(first, second);
    } else if (action === "reset") for (const one of this.views) one.reset();
    else if (action === "in") view.zoomBy(ZOOM_STEP);
    else if (action === "out") view.zoomBy(1 / ZOOM_STEP);
    else if (action === "fit") view.fit();
    else if (action === "flip") view.flip();
    else if (action === "turn") view.turn();
    this.drawAll();
  }

  // Returns whether the key was one of the viewer's.
  key(event) {
    const view = this.first;
    if (!view.picture) return false;
    if (event.code in ARROWS) {
      const [x, y] = ARROWS[event.code].map((one) => one * STEP_PX[this.mode] * (event.shiftKey ? 5 : 1));
      if (this.mode === "move") view.move(-x, -y);
      else if (this.mode === "window") view.level(x, y);
      else this.measure(view, x, y);
      return true;
    }
    if (this.mode === "ruler" && event.code === "Enter" && event.target === view.canvas) {
      if (view.ruler) view.setRuler(view.ruler, 1 - view.rulerEnd);
      else this.measure(view, 0, 0);
      return true;
    }
    const action = KEYS[event.code];
    const there = action && (action === "leave" || this.buttons(action).some((button) => !button.disabled) || ["in", "out", "fit"].includes(action));
    if (!there) return false;
    this.act(action);
    return true;
  }

  // By key a ruler begins in the middle of what is seen, and its active end is moved.
  measure(view, x, y) {
    const m = view.placed(), ratio = view.ratio(), { width, height } = view.canvas;
    const at = (point) => within(toPicture(m, point), view.picture);
    if (!view.ruler) view.setRuler([at({ x: width * 0.4, y: height / 2 }), at({ x: width * 0.6, y: height / 2 })], 1);
    else {
      const end = toCanvas(m, view.ruler[view.rulerEnd]);
      const point = at({ x: end.x + x * ratio, y: end.y + y * ratio });
      view.setRuler(view.ruler.map((one, i) => (i === view.rulerEnd ? point : one)), view.rulerEnd);
    }
  }

  buttons(action) {
    return [
      ...this.root.querySelectorAll(`[data-viewer-action="${action}"]`),
      ...document.querySelectorAll(`[data-viewer-action="${action}"][data-viewer-for="${this.root.id}"]`),
    ];
  }

  markLater() {
    if (this.marking) return;
    this.marking = requestAnimationFrame(() => {
      this.marking = 0;
      this.mark();
    });
  }

  // Buttons are swapped with the page while the canvas stays, so their state is set anew.
  mark() {
    const [view] = this.views;
    const press = (action, on) => this.buttons(action).forEach((button) => {
      if (button.getAttribute("aria-pressed") !== String(on)) button.setAttribute("aria-pressed", String(on));
    });
    for (const name of MARKS) press(name, view.shown[name]);
    if (view.element.dataset.heatState === "failed") this.buttons("heat").forEach((button) => { button.disabled = true; });
    if (!view.picture) return;
    for (const name of MODES) press(name, this.mode === name);
    for (const name of Object.keys(view.presets)) press(name, this.first.preset === name);
    for (const [action, on] of [
      ["flip", view.pose.flipped], ["turn", view.pose.turns > 0], ["invert", view.inverted], ["bright", view.bright],
      ["compare", this.comparing], ["together", this.together], ["large", this.root.classList.contains("large")],
    ]) press(action, on);
    this.buttons("together").forEach((button) => { button.disabled = !this.comparing; });
    this.root.toggleAttribute("data-comparing", this.comparing);
    this.root.dataset.viewerMode = this.mode;
    for (const one of this.views) if (one.picture) this.say(one);
  }

  // What must not be overlooked stands on the picture: that it is flipped, turned or inverted, and what the ruler rests on.
  say(view) {
    const { dataset } = view.element;
    const write = (name, text) => {
      const element = view.element.querySelector(`[data-viewer-${name}]`);
      if (!element) return;
      element.hidden = text === "";
      if (element.textContent !== text) element.textContent = text;
    };
    const { flipped, turns } = view.pose;
    const changes = [flipped && dataset.saysFlipped, turns && dataset.saysTurned.replace("{n}", turns * 90), view.inverted && dataset.saysInverted];
    write("changes", changes.filter(Boolean).join(" · "));
    const { width, center } = view.window;
    write("numbers", `WW ${width.toFixed(0)} · WL ${center.toFixed(0)} · ${Math.round(view.pose.zoom * 100)}%`);
    const measures = view.ruler !== null || (this.mode === "ruler" && view === this.first);
    write("measured", measures ? dataset[{ calibrated: "saysCalibrated", detector: "saysDetector", pixels: "saysUnmeasured" }[view.picture.measured]] : "");
  }
}
