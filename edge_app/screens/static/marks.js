// What is drawn over the picture's pixels: heat, numbered boxes, and the vectors, which stand upright however the picture is turned.
import { rectangle } from "./geometry.js";
import { grey } from "./pixels.js";

const HEAT_SIDE = 512;
const FAINTEST = 40;

export const isRed = () => document.documentElement.dataset.theme === "red";

// Never so strong that what lies beneath cannot be seen; no larger than is needed for what is soft anyway.
export const heatFrom = async (url) => {
  const { canvas, context, data } = await grey(url, HEAT_SIDE);
  const [r, g, b] = isRed() ? [255, 83, 71] : [255, 176, 48];
  for (let i = 0; i < data.data.length; i += 4) {
    const strength = data.data[i];
    data.data[i] = r; data.data[i + 1] = g; data.data[i + 2] = b;
    data.data[i + 3] = strength < FAINTEST ? 0 : Math.min(128, (strength - FAINTEST) * 0.8);
  }
  context.putImageData(data, 0, 0);
  return canvas;
};

export const drawHeat = (context, m, picture, heat) => {
  const across = picture.columns / heat.width, down = picture.rows / heat.height;
  context.setTransform(m.a * across, m.b * across, m.c * down, m.d * down, m.e, m.f);
  context.drawImage(heat, 0, 0);
  context.setTransform(1, 0, 0, 1, 0, 0);
};

export const drawBox = (context, m, box, number, edges, ratio) => {
  const drawn = rectangle(m, box);
  // Where a box ends with the picture its line lies within, not half beyond.
  const inset = 3 * ratio;
  const x = Math.max(drawn.x, edges.x + inset), y = Math.max(drawn.y, edges.y + inset);
  const w = Math.min(drawn.x + drawn.width, edges.x + edges.width - inset) - x;
  const h = Math.min(drawn.y + drawn.height, edges.y + edges.height - inset) - y;
  const arm = Math.min(w, h, 90 * ratio) * 0.22;
  const ink = isRed() ? "#ff5347" : "#fff";
  for (const [colour, thick] of [["rgba(0,0,0,0.75)", 6], [ink, 3]]) {
    context.strokeStyle = colour;
    context.lineWidth = thick * ratio;
    context.lineCap = "square";
    context.beginPath();
    for (const [cx, cy, sx, sy] of [[x, y, 1, 1], [x + w, y, -1, 1], [x, y + h, 1, -1], [x + w, y + h, -1, -1]]) {
      context.moveTo(cx + sx * arm, cy);
      context.lineTo(cx, cy);
      context.lineTo(cx, cy + sy * arm);
    }
    context.stroke();
  }
  const side = 24 * ratio;
  const tagX = Math.min(Math.max(x, 4 * ratio), context.canvas.width - side - 4 * ratio);
  const tagY = Math.min(Math.max(y - side - 4 * ratio, 4 * ratio), context.canvas.height - side - 4 * ratio);
  context.fillStyle = ink;
  context.beginPath();
  context.roundRect(tagX, tagY, side, side, 5 * ratio);
  context.fill();
  context.fillStyle = isRed() ? "#150000" : "#0b1520";
  context.font = `800 ${17 * ratio}px Pretendard, sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(String(number), tagX + side / 2, tagY + side / 2 + ratio);
};

// `m` in CSS pixels. Letters take back what turns, mirrors and enlarges the drawing around them.
export const placeVectors = (overlay, m) => {
  const matrix = [m.a, m.b, m.c, m.d, m.e, m.f].map((n) => n.toFixed(5)).join(" ");
  const drawing = overlay.querySelector("[data-viewer-drawing]");
  if (drawing.getAttribute("transform") === `matrix(${matrix})`) return;
  drawing.setAttribute("transform", `matrix(${matrix})`);
  const square = m.factor * m.factor;
  overlay.style.setProperty("--upright", `matrix(${[m.a, m.c, m.b, m.d].map((n) => (n / square).toFixed(6)).join(",")},0,0)`);
};

const set = (element, values) => { for (const [name, value] of Object.entries(values)) element.setAttribute(name, value); };

// The ruler: two ends on the canvas in CSS pixels, and what it says, below the end that is further down.
export const placeRuler = (group, ends, text, active) => {
  group.toggleAttribute("hidden", ends === null);
  if (ends === null) return;
  const [one, other] = ends;
  for (const line of group.querySelectorAll("path")) line.setAttribute("d", `M${one.x} ${one.y}L${other.x} ${other.y}`);
  group.querySelectorAll("circle").forEach((circle, i) => {
    set(circle, { cx: ends[i % 2].x, cy: ends[i % 2].y });
    circle.classList.toggle("active", i % 2 === active);
  });
  const { width, height } = group.ownerSVGElement.getBoundingClientRect();
  const words = group.querySelector("text");
  if (words.textContent !== text) words.textContent = text;
  const half = words.getComputedTextLength() / 2 + 12;
  const x = Math.min(width - half, Math.max(half, (one.x + other.x) / 2));
  const below = Math.max(one.y, other.y) + 46;
  const y = below < height - 16 ? below : Math.max(30, Math.min(one.y, other.y) - 30);
  set(words, { x, y });
  set(group.querySelector("rect"), { x: x - half, y: y - 28, width: 2 * half });
};
