// One picture on its canvas: its pose, its window, its marks, its ruler. Who changes it asks for a drawing; there is one a frame at most.
import * as geometry from "./geometry.js";
import { drawBox, drawHeat, heatFrom, isRed, placeRuler, placeVectors } from "./marks.js";
import { decodeImage, decodePixels } from "./pixels.js";
import { levels, sample } from "./sampling.js";
import { colours, dragged, presets } from "./windows.js";

const NIGHT_LIGHT = 0.65;

export class View {
  // `told` hears of what changed: "shown", "pose", "window", "ruler" or "failed".
  constructor(element, told) {
    this.element = element;
    this.told = told;
    this.canvas = element.querySelector("canvas");
    this.context = this.canvas.getContext("2d", { alpha: false });
    this.overlay = element.querySelector("[data-viewer-overlay]");
    this.boxes = JSON.parse(element.dataset.boxes || "[]");
    this.shown = { boxes: true, heat: false, points: true };
    for (const layer of this.overlay.querySelectorAll("[data-viewer-layer]")) this.shown[layer.dataset.viewerLayer] = !layer.hasAttribute("hidden");
    this.strength = { boxes: 1, heat: 1, outlines: 1, lines: 1 };
    this.pose = geometry.UPRIGHT;
    this.inverted = false;
    this.bright = false;
    this.ruler = null;
    this.rulerEnd = 1;
    this.points = null;
    this.load();
    new ResizeObserver(() => this.later()).observe(element);
  }

  async load() {
    const { pixels, image, imageScale, map } = this.element.dataset;
    const note = (name, hidden) => { this.element.querySelector(`[data-viewer-${name}]`).hidden = hidden; };
    try {
      const picture = pixels ? await decodePixels(pixels) : await decodeImage(image, Number(imageScale || 1));
      this.levels = levels(picture);
      this.presets = presets(picture);
      this.picture = picture;
    } catch {
      note("loading", true);
      note("failed", false);
      this.element.dataset.viewerState = "failed";
      this.told("failed");
      return;
    }
    note("loading", true);
    this.window = { ...this.picture.window };
    this.preset = "sent";
    this.draw();
    this.element.dataset.viewerState = "shown";
    this.told("shown");
    if (map) this.loadHeat(map);
  }

  async loadHeat(map) {
    try {
      this.heat = await heatFrom(map);
    } catch {
      this.element.dataset.heatState = "failed";
    }
    this.told("shown");
    this.later();
  }

  // Everything that comes before the next frame is drawn once, with it.
  later() {
    if (this.waiting || !this.picture) return;
    this.waiting = requestAnimationFrame(() => {
      this.waiting = 0;
      this.draw();
    });
  }

  ratio() {
    return window.devicePixelRatio || 1;
  }

  // From drawings, which are in pixels of the original, to the canvas or to CSS pixels.
  drawingOn(m, per) {
    const by = 1 / (this.picture.scale * per);
    return { factor: m.factor * by, a: m.a * by, b: m.b * by, c: m.c * by, d: m.d * by, e: m.e / per, f: m.f / per };
  }

  placed() {
    return geometry.placed(this.pose, this.picture, this.canvas);
  }

  draw() {
    const ratio = this.ratio();
    const width = Math.max(1, Math.round(this.element.clientWidth * ratio)), height = Math.max(1, Math.round(this.element.clientHeight * ratio));
    if (!this.frame || this.frame.width !== width || this.frame.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
      this.frame = new ImageData(width, height);
      this.words = new Uint32Array(this.frame.data.buffer);
    }
    const theme = document.documentElement.dataset.theme;
    const look = `${theme} ${this.bright} ${this.inverted} ${this.window.center} ${this.window.width} ${this.window.kind}`;
    if (look !== this.look) {
      this.look = look;
      const light = theme === "night" && !this.bright ? NIGHT_LIGHT : 1;
      this.colours = colours(this.window, { inverted: this.inverted, light, red: isRed() && !this.bright });
    }
    const m = this.placed();
    sample(this.levels, m, this.colours, this.words, width, height);
    this.context.putImageData(this.frame, 0, 0);
    this.drawMarks(m, ratio);
  }

  drawMarks(m, ratio) {
    const { context, picture, shown, strength } = this;
    if (shown.heat && this.heat) {
      context.globalAlpha = strength.heat;
      drawHeat(context, m, picture, this.heat);
    }
    if (shown.boxes) {
      context.globalAlpha = strength.boxes;
      const edges = geometry.rectangle(m, { x: 0, y: 0, width: picture.columns, height: picture.rows });
      for (const box of this.boxes) drawBox(context, this.drawingOn(m, 1), box, box.number, edges, ratio);
    }
    context.globalAlpha = 1;
    placeVectors(this.overlay, this.drawingOn(m, ratio));
    for (const layer of this.overlay.querySelectorAll("[data-viewer-layer]")) {
      const name = layer.dataset.viewerLayer;
      layer.toggleAttribute("hidden", !shown[name]);
      layer.style.opacity = strength[name];
    }
    this.points?.place(this.drawingOn(m, ratio));
    const ends = this.ruler && this.ruler.map((point) => this.onScreen(m, point, ratio));
    placeRuler(this.overlay.querySelector("[data-viewer-ruler]"), ends, this.rulerWords(), this.rulerEnd);
  }

  onScreen(m, point, ratio) {
    const at = geometry.toCanvas(m, point);
    return { x: at.x / ratio, y: at.y / ratio };
  }

  // What the ruler says in its own words comes from the page, in its language.
  rulerWords() {
    if (!this.ruler) return "";
    const length = geometry.distance(...this.ruler, this.picture.spacing);
    const millimetres = this.picture.measured !== "pixels";
    const digits = millimetres && length < 100 ? 1 : 0;
    return this.element.dataset[millimetres ? "saysMm" : "saysPixels"].replace("{n}", length.toFixed(digits));
  }

  here(clientX, clientY) {
    const rectangle = this.canvas.getBoundingClientRect(), ratio = this.ratio();
    return { x: (clientX - rectangle.left) * ratio, y: (clientY - rectangle.top) * ratio };
  }

  pictureAt(clientX, clientY) {
    return geometry.within(geometry.toPicture(this.placed(), this.here(clientX, clientY)), this.picture);
  }

  setPose(pose) {
    this.pose = pose;
    this.later();
    this.told("pose");
  }

  setWindow(window, preset) {
    this.window = window;
    this.preset = preset;
    this.later();
    this.told("window");
  }

  setRuler(ruler, end) {
    this.ruler = ruler;
    this.rulerEnd = end;
    this.later();
    this.told("ruler");
  }

  level(dx, dy) {
    this.setWindow(dragged(this.window, this.picture, dx, dy), null);
  }

  choose(preset) {
    this.setWindow({ ...this.presets[preset] }, preset);
  }

  move(dx, dy) {
    const ratio = this.ratio();
    this.setPose(geometry.moved(this.pose, this.picture, this.canvas, dx * ratio, dy * ratio));
  }

  zoomBy(times, clientX, clientY) {
    const middle = { x: this.canvas.width / 2, y: this.canvas.height / 2 };
    this.setPose(geometry.zoomed(this.pose, this.picture, this.canvas, times, clientX === undefined ? middle : this.here(clientX, clientY)));
  }

  fit() {
    this.setPose({ ...this.pose, zoom: 1, x: 0.5, y: 0.5 });
  }

  flip() {
    this.setPose(geometry.flipped(this.pose));
  }

  turn() {
    this.setPose(geometry.turned(this.pose));
  }

  reset() {
    this.inverted = false;
    this.ruler = null;
    this.setPose(geometry.UPRIGHT);
    this.choose("sent");
  }
}
