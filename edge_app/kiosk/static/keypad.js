// A large keypad: what is touched is written at the end of the field; the field can be typed into as well.
"use strict";
(() => {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-key], [data-key-clear], [data-key-back]");
    const input = button && document.querySelector("[data-keyed]");
    if (!input) return;
    if ("keyClear" in button.dataset) input.value = "";
    else if ("keyBack" in button.dataset) input.value = input.value.slice(0, -1);
    else if (input.value.length < input.maxLength) input.value += button.dataset.key;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
})();
