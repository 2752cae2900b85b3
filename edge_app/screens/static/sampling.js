// A picture's 16-bit values straight to the pixels of a canvas: whatever is dragged, only what is seen is windowed, once a frame.
const WEIGHTS = 7;
const ONE = 1 << WEIGHTS;
const SHARP_FROM = 3;
const BLACK = 0xff000000;

const halved = ({ values, columns, rows }) => {
  const wide = Math.max(1, columns >> 1), high = Math.max(1, rows >> 1);
  const half = new Uint16Array(wide * high);
  const right = columns > 1 ? 1 : 0, down = rows > 1 ? columns : 0;
  for (let y = 0, i = 0; y < high; y += 1) {
    for (let x = 0, at = 2 * y * columns; x < wide; x += 1, i += 1, at += 2) {
      half[i] = (values[at] + values[at + right] + values[at + down] + values[at + right + down] + 2) >> 2;
    }
  }
  return { values: half, columns: wide, rows: high };
};

// The picture and its halves, down to what a small screen shows, so that far away every value is a mean and none is left out.
export const levels = (picture) => {
  const all = [{ values: picture.values, columns: picture.columns, rows: picture.rows }];
  while (Math.max(all.at(-1).columns, all.at(-1).rows) > 256) all.push(halved(all.at(-1)));
  return all;
};

// Rows as columns: what is seen turned by a quarter is read along its rows too, or every value would come from another line of memory.
const transposed = (level) => {
  level.turned ??= (() => {
    const { values, columns, rows } = level;
    const across = new Uint16Array(values.length);
    for (let y = 0, i = 0; y < rows; y += 1) for (let x = 0, at = y; x < columns; x += 1, i += 1, at += rows) across[at] = values[i];
    return across;
  })();
  return level.turned;
};

// Along one side of the canvas: which two lines of values each pixel lies between, as offsets, and how near to the second.
const along = (length, start, step, whole, lines, stride, smooth) => {
  const near = new Int32Array(length), far = new Int32Array(length), weight = new Int32Array(length);
  let from = length, to = 0;
  for (let i = 0; i < length; i += 1) {
    const at = (i + 0.5 - start) / step;
    if (at < 0 || at >= whole) continue;
    from = Math.min(from, i);
    to = i + 1;
    const line = (at * lines) / whole - (smooth ? 0.5 : 0);
    const first = Math.floor(line);
    near[i] = Math.min(lines - 1, Math.max(0, first)) * stride;
    far[i] = Math.min(lines - 1, Math.max(0, smooth ? first + 1 : first)) * stride;
    weight[i] = smooth ? Math.round((line - first) * ONE) : 0;
  }
  return { near, far, weight, from, to };
};

// `m` is the matrix from the whole picture to the canvas, `words` the canvas's pixels, row by row.
export const sample = (all, m, colours, words, width, height) => {
  const { columns, rows } = all[0];
  const level = all[Math.min(all.length - 1, Math.max(0, Math.floor(-Math.log2(m.factor))))];
  const smooth = m.factor < SHARP_FROM;
  const upright = m.b === 0;
  const x = upright
    ? along(width, m.e, m.a, columns, level.columns, 1, smooth)
    : along(width, m.e, m.c, rows, level.rows, 1, smooth);
  const y = upright
    ? along(height, m.f, m.d, rows, level.rows, level.columns, smooth)
    : along(height, m.f, m.b, columns, level.columns, level.rows, smooth);
  words.fill(BLACK);
  const values = upright ? level.values : transposed(level);
  for (let j = y.from; j < y.to; j += 1) {
    const upper = y.near[j], lower = y.far[j], down = y.weight[j], up = ONE - down;
    for (let i = x.from, word = j * width + x.from; i < x.to; i += 1, word += 1) {
      const left = x.near[i], right = x.far[i], over = x.weight[i], back = ONE - over;
      const above = values[left + upper] * back + values[right + upper] * over;
      const below = values[left + lower] * back + values[right + lower] * over;
      words[word] = colours[(above * up + below * down) >> (2 * WEIGHTS)];
    }
  }
};
