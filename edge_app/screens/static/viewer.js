// Finds the viewers of a page, and brings touches and keys to the one that they are meant for.
import { Viewing } from "./viewing.js";

const viewings = new WeakMap();
// By what they are of: where a better picture takes the place of one that is looked at, it is as large.
const last = new Map();

const rootOf = (element) => (element instanceof Element ? element.closest("[data-viewing]") ?? element.closest("[data-viewer]") : null);

const settle = () => {
  for (const element of document.querySelectorAll("[data-viewer]")) {
    const root = rootOf(element);
    if (!viewings.has(root)) {
      viewings.set(root, new Viewing(root));
      const { viewing } = root.dataset;
      if (viewing && last.get(viewing)?.classList.contains("large")) root.classList.add("large");
      if (viewing) last.set(viewing, root);
    }
    viewings.get(root).mark();
  }
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-viewer-action]");
  if (!button) return;
  const root = button.dataset.viewerFor ? document.getElementById(button.dataset.viewerFor) : rootOf(button);
  if (root && viewings.has(root)) viewings.get(root).act(button.dataset.viewerAction);
});

// A viewer that fills the screen has the keys, unless somebody types; a small one has those that are pressed on it.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || (event.target instanceof Element && event.target.closest("input, textarea, select"))) return;
  if (document.querySelector(":popover-open")) return;
  const root = rootOf(event.target) ?? document.querySelector("[data-viewing].large, [data-viewing-page]");
  if (root && viewings.has(root) && viewings.get(root).key(event)) event.preventDefault();
});

document.addEventListener("DOMContentLoaded", settle);
document.addEventListener("htmx:afterSwap", settle);
