// The locked kiosk: a keypad for gloves, a pause that is counted down, and a touch that has to be held.
"use strict";
(() => {
  const pin = () => document.getElementById("pin");
  const pad = () => document.querySelector("[data-keypad]");

  // Until when no PIN is looked at; by the monotonic clock, whatever becomes of the page's elements.
  let pausedUntil = 0;
  let told = null;
  const settle = () => {
    const element = document.querySelector("[data-wait-s]");
    if (element && element !== told) {
      told = element;
      pausedUntil = Math.max(pausedUntil, performance.now() + Number(element.dataset.waitS) * 1000);
    }
    show();
  };
  const show = () => {
    if (!pad()) return;
    const left = Math.ceil((pausedUntil - performance.now()) / 1000);
    const element = document.querySelector("[data-wait-s]");
    if (element) {
      element.hidden = left <= 0;
      const text = document.querySelector("[data-wait-word]").content.textContent.replace("{n}", String(left));
      if (left > 0 && element.textContent !== text) element.textContent = text;
    }
    const open = pad().querySelector("[data-open]");
    const short = pin().value.length < Number(pad().dataset.shortest);
    if (open.disabled !== (left > 0 || short)) open.disabled = left > 0 || short;
  };
  const typed = () => {
    document.querySelector("[data-digits]").textContent =
      document.querySelector("[data-digits-word]").content.textContent.replace("{n}", String(pin().value.length));
    show();
  };

  document.addEventListener("click", (event) => {
    const key = event.target.closest("[data-digit], [data-digit-back]");
    if (!key || !pad()) return;
    const input = pin();
    if ("digitBack" in key.dataset) input.value = input.value.slice(0, -1);
    else if (input.value.length < Number(pad().dataset.longest)) input.value += key.dataset.digit;
    typed();
  });
  document.addEventListener("input", (event) => {
    if (event.target.id !== "pin") return;
    event.target.value = event.target.value.replace(/[^0-9]/g, "");
    typed();
  });
  document.addEventListener("submit", (event) => {
    if (event.target !== pad()) return;
    if (pad().querySelector("[data-open]").disabled) event.preventDefault();
  }, true);

  // A wrong PIN leaves its field, and the page says so in place.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.requestConfig.elt !== pad()) return;
    pin().value = "";
    if ([401, 429].includes(event.detail.xhr.status)) Object.assign(event.detail, { shouldSwap: true, isError: false });
  });

  // The emergency touch. A finger or a key is held; what can only click, as a screen reader does, starts it and stops it again.
  let held = null;
  const hold = () => document.querySelector("[data-hold-s]");
  const draw = (share, left) => {
    const button = hold();
    if (!button) return;
    button.classList.toggle("holding", left !== null);
    button.querySelector("[data-held]").style.width = `${100 * share}%`;
    const how = button.querySelector("[data-hold-how]");
    how.dataset.plain ??= how.textContent;
    const text = left === null ? how.dataset.plain : button.dataset.holdWord.replace("{n}", String(left));
    if (how.textContent !== text) how.textContent = text;
  };
  const step = () => {
    if (held === null) return;
    const button = hold();
    if (!button) { held = null; return; }
    const needs_ms = Number(button.dataset.holdS) * 1000, for_ms = performance.now() - held.since;
    if (for_ms >= needs_ms) {
      held = null;
      draw(1, 0);
      button.form.requestSubmit();
      return;
    }
    draw(for_ms / needs_ms, Math.ceil((needs_ms - for_ms) / 1000));
    setTimeout(step, 50);
  };
  const begin = (by) => {
    if (held !== null) return;
    held = { since: performance.now(), by };
    step();
  };
  const stop = (by) => {
    if (held === null || held.by !== by) return;
    held = null;
    draw(0, null);
  };
  let pressed = false;
  document.addEventListener("pointerdown", (event) => {
    if (!event.target.closest("[data-hold-s]")) return;
    pressed = true;
    begin("finger");
  });
  for (const kind of ["pointerup", "pointercancel"]) document.addEventListener(kind, () => stop("finger"));
  document.addEventListener("keydown", (event) => {
    if (!event.target.closest?.("[data-hold-s]") || (event.key !== "Enter" && event.key !== " ")) return;
    event.preventDefault();
    if (!event.repeat) begin("key");
  });
  document.addEventListener("keyup", (event) => { if (event.key === "Enter" || event.key === " ") stop("key"); });
  window.addEventListener("blur", () => { stop("finger"); stop("key"); });
  document.addEventListener("contextmenu", (event) => { if (event.target.closest("[data-hold-s]")) event.preventDefault(); });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-hold-s]")) return;
    if (pressed) { pressed = false; return; }
    if (held === null) begin("click");
    else stop("click");
  });

  // Digits reach the PIN wherever the focus is.
  document.addEventListener("keydown", (event) => {
    if (!pad() || event.ctrlKey || event.altKey || event.metaKey || event.target === pin()) return;
    if (/^[0-9]$/.test(event.key)) pin().focus();
  });
  document.addEventListener("DOMContentLoaded", () => { settle(); setInterval(show, 250); });
  document.addEventListener("htmx:afterSwap", settle);
})();
