// What the console sounds like: it rings until answered, louder after thirty seconds; a lost connection has an alarm of its own.
// The sounds are loops in the audio clock, so a browser that slows a hidden page's timers cannot silence them.
"use strict";
(() => {
  const LOUDER_AFTER_S = 30;
  const LOWERED_FOR_MS = 60000;
  const LOUD = 0.9, PLAIN = 0.45, LOWERED = 0.12;
  const RATE = 22050;
  // [start s, length s, hertz]; two rising notes twice = somebody asks, two falling ones = the unit says something, three = the connection is gone.
  const SCORES = {
    ring: { lasts_s: 2.4, notes: [[0, 0.22, 880], [0.24, 0.3, 1175], [0.8, 0.22, 880], [1.04, 0.3, 1175]] },
    remark: { lasts_s: 0.9, notes: [[0, 0.16, 1319], [0.2, 0.4, 1047]] },
    lost: { lasts_s: 2.0, notes: [[0, 0.28, 740], [0.3, 0.28, 587], [0.6, 0.5, 440]] },
  };

  const composed = (context, score) => {
    const buffer = context.createBuffer(1, Math.round(score.lasts_s * RATE), RATE);
    const samples = buffer.getChannelData(0);
    for (const [start, length, hertz] of score.notes) {
      const first = Math.round(start * RATE), count = Math.round(length * RATE);
      for (let i = 0; i < count; i += 1) {
        const t = i / RATE;
        const shape = Math.min(1, t / 0.012) * Math.min(1, (length - t) / 0.06);
        samples[first + i] += shape * (0.7 * Math.sin(2 * Math.PI * hertz * t) + 0.3 * Math.sin(6 * Math.PI * hertz * t) * 0.6);
      }
    }
    return buffer;
  };

  const context = new AudioContext();
  const playing = new Map();
  const wanted = new Map();
  let loweredUntil = 0;

  const volume = (name, gain) => {
    const at = context.currentTime;
    gain.gain.cancelScheduledValues(at);
    if (name === "lost") gain.gain.setValueAtTime(performance.now() < loweredUntil ? LOWERED : LOUD, at);
    else {
      const waited_s = (performance.now() - wanted.get(name).since) / 1000;
      gain.gain.setValueAtTime(waited_s >= LOUDER_AFTER_S ? LOUD : PLAIN, at);
      if (waited_s < LOUDER_AFTER_S) gain.gain.setValueAtTime(LOUD, at + LOUDER_AFTER_S - waited_s);
    }
  };

  const play = (name) => {
    const source = new AudioBufferSourceNode(context, { buffer: composed(context, SCORES[name]), loop: true });
    const gain = new GainNode(context);
    source.connect(gain).connect(context.destination);
    playing.set(name, { source, gain });
    volume(name, gain);
    source.start();
  };

  const settle = () => {
    const heard = context.state === "running";
    for (const name of ["ring", "lost"]) {
      // The loss of the connection drowns the ringing: what rings may be over by now, and nobody here would know.
      const on = wanted.has(name) && !(name === "ring" && wanted.has("lost"));
      if (on && !playing.has(name)) play(name);
      if (!on && playing.has(name)) {
        playing.get(name).source.stop();
        playing.delete(name);
      }
    }
    document.documentElement.dataset.playing = heard ? [...playing.keys()].join(" ") : "";
    // The first touch lets the page sound. The banner goes when the finger has gone, or what was touched would move from under it.
    window.screens.whenReleased("sound off", () => {
      for (const banner of document.querySelectorAll("[data-sound-off]")) banner.hidden = context.state === "running";
    });
    for (const cell of document.querySelectorAll("[data-sound-state]")) cell.dataset.soundState = heard ? "on" : "off";
    document.documentElement.dataset.alarm = performance.now() < loweredUntil ? "low" : "full";
  };

  const lower = () => {
    loweredUntil = performance.now() + LOWERED_FOR_MS;
    const again = () => {
      const lost = playing.get("lost");
      if (lost) volume("lost", lost.gain);
      settle();
    };
    again();
    setTimeout(again, LOWERED_FOR_MS + 50);
  };

  // A touch on the sound's place in the bar plays the ring once, so that somebody can hear whether it is heard.
  const once = (name) => {
    if (context.state !== "running") return;
    const source = new AudioBufferSourceNode(context, { buffer: composed(context, SCORES[name]) });
    source.connect(new GainNode(context, { gain: PLAIN })).connect(context.destination);
    source.start();
    document.documentElement.dataset.sounded = `${name} ${Number((document.documentElement.dataset.sounded ?? " 0").split(" ")[1]) + 1}`;
  };
  const sample = () => { if (playing.size === 0) once("ring"); };

  context.addEventListener("statechange", settle);
  // A browser lets a page sound only after a person has touched it: every touch is taken.
  for (const kind of ["pointerdown", "keydown"]) {
    document.addEventListener(kind, () => { if (context.state !== "running") context.resume().then(settle); }, true);
  }
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-alarm-lower]")) lower();
    if (event.target.closest("[data-sound-state]")) sample();
  });

  window.consoleAlarm = {
    // Want a sound, from `waited_s` seconds ago on.
    want(name, waited_s = 0) {
      const since = performance.now() - waited_s * 1000;
      const known = wanted.get(name);
      if (!known || Math.abs(known.since - since) > 1500) {
        wanted.set(name, { since });
        if (playing.has(name)) volume(name, playing.get(name).gain);
      }
      settle();
    },
    quiet(name) {
      wanted.delete(name);
      settle();
    },
    once,
    settle,
  };
})();
