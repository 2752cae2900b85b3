// Windows: which values are black and which are white. Pure.
const SAMPLES = 1 << 20;
// By shares of the picture's own values, darkest first; in a radiograph air is dark and bone is bright.
const SHARES = { lung: [0.01, 0.6], soft: [0.25, 0.985], bone: [0.5, 0.999], full: [0, 1] };

// PS3.3 C.11.2.1.2 and C.11.2.1.3, for every possible value.
export const table = (window) => {
  const lut = new Uint8ClampedArray(65536);
  const width = Math.max(window.width, 1e-6);
  if (window.kind === "SIGMOID") {
    for (let value = 0; value < 65536; value += 1) lut[value] = 255 / (1 + Math.exp((-4 * (value - window.center)) / width));
    return lut;
  }
  const exact = window.kind !== "LINEAR";
  const center = exact ? window.center : window.center - 0.5;
  const step = 255 / (exact ? width : Math.max(width - 1, 1e-6));
  for (let value = 0; value < 65536; value += 1) lut[value] = (value - center) * step + 127.5;
  return lut;
};

// The values below which those shares of the picture lie; its lowest and its highest value, which letters and borders have, count nothing.
export const quantiles = ({ values, low, high }, shares) => {
  const counts = new Uint32Array(65536);
  const step = Math.max(1, Math.floor(values.length / SAMPLES));
  let all = 0;
  for (let i = 0; i < values.length; i += step) {
    const value = values[i];
    if (value > low && value < high) {
      counts[value] += 1;
      all += 1;
    }
  }
  return shares.map((share) => {
    if (share <= 0 || all === 0) return low;
    if (share >= 1) return high;
    let below = 0, value = 0;
    for (; value < 65535 && below + counts[value] < share * all; value += 1) below += counts[value];
    return value;
  });
};

// By name, as radiologists name them; the first is what came with the picture.
export const presets = (picture) => {
  const found = { sent: { ...picture.window } };
  const edges = quantiles(picture, Object.values(SHARES).flat());
  for (const [place, name] of Object.keys(SHARES).entries()) {
    const [black, white] = edges.slice(2 * place, 2 * place + 2);
    found[name] = { center: (black + white) / 2, width: Math.max(1, white - black), kind: "LINEAR_EXACT" };
  }
  return found;
};

const span = ({ low, high }) => Math.max(1, high - low);
const between = (value, least, most) => Math.min(most, Math.max(least, value));

// To the right wider, down darker: as on a workstation. `dx` and `dy` in CSS pixels.
export const dragged = (window, picture, dx, dy) => {
  const whole = span(picture);
  return {
    ...window,
    width: between(window.width + (dx * whole) / 500, Math.max(1, whole / 100), whole * 4),
    center: between(window.center + (dy * whole) / 500, picture.low - whole / 2, picture.high + whole / 2),
  };
};

// The same change on another picture, whose values mean something else: in widths of the window that came with each.
export const carried = (window, from, to) => ({
  kind: window.kind === from.kind ? to.kind : window.kind,
  center: to.center + ((window.center - from.center) / from.width) * to.width,
  width: (window.width / from.width) * to.width,
});

// The 256 shades as a canvas has them in memory; `light` dims the picture at night, `red` tints it.
export const shadesOf = ({ inverted = false, light = 1, red }) => Uint32Array.from({ length: 256 }, (_, tone) => {
  const grey = Math.round((inverted ? 255 - tone : tone) * light);
  const [r, g, b] = red ? [grey, Math.round(grey * 0.25), Math.round(grey * 0.22)] : [grey, grey, grey];
  return (0xff000000 | (b << 16) | (g << 8) | r) >>> 0;
});

// Colours of all values.
export const colours = (window, look) => {
  const lut = table(window);
  const shades = shadesOf(look);
  const all = new Uint32Array(65536);
  for (let value = 0; value < 65536; value += 1) all[value] = shades[lut[value]];
  return all;
};
