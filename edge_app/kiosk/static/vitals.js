// Stepping a vital sign up and down by touch. What is not touched stays not known.
"use strict";
(() => {
  const number = (text) => (text.trim() === "" ? null : Number(text.replace(",", ".")));
  const mark = (sign) => {
    const input = sign.querySelector("input[type=text]");
    const value = number(input.value);
    const wrong = value !== null && !(value >= Number(sign.dataset.least) && value <= Number(sign.dataset.most));
    if (wrong) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-change], [data-clear]");
    const sign = button && button.closest("[data-sign]");
    if (!sign) return;
    const input = sign.querySelector("input[type=text]");
    if ("clear" in button.dataset) input.value = "";
    else {
      const before = number(input.value);
      const after = before === null || Number.isNaN(before) ? Number(sign.dataset.start) : before + Number(button.dataset.change);
      const held = Math.min(Number(sign.dataset.most), Math.max(Number(sign.dataset.least), after));
      input.value = held.toFixed(Number(sign.dataset.digits)).replace(/\.0$/, "");
    }
    mark(sign);
  });
  document.addEventListener("input", (event) => {
    const sign = event.target.closest("[data-sign]");
    if (sign) mark(sign);
  });
})();
