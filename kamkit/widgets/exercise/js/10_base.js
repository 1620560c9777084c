// Shared ground of the exercise view. Each kind's file adds its control to `kinds`:
// kinds[name] = (ctx) => ({ node, get, set, mark, ask, lock, untouched? }).
const kinds = {};
let instances = 0;

// A DOM node. `html` takes only what Python rendered from Markdown with raw HTML switched off.
function h(tag, given = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "html") node.innerHTML = value;
    else if (name === "class") node.className = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((c) => c !== null && c !== undefined && c !== false));
  return node;
}

const svg = (path) =>
  `<svg viewBox="0 0 20 20" width="1em" height="1em" aria-hidden="true" focusable="false">` +
  `<path d="${path}" fill="none" stroke="currentColor" stroke-width="2.4" ` +
  `stroke-linecap="round" stroke-linejoin="round"/></svg>`;

const ICONS = {
  right: svg("M4 10.5 L8.2 14.8 L16 5.6"),
  partly: svg("M3.5 11.5 C6 7.5 8 7.5 10 10.2 S14 13 16.5 8.5"),
  wrong: svg("M5 5 L15 15 M15 5 L5 15"),
  noted: svg("M4 6 H16 M4 10 H16 M4 14 H11"),
  open: svg("M10 4 A6 6 0 1 0 10.01 4"),
  up: svg("M4.5 12.5 L10 7 L15.5 12.5"),
  down: svg("M4.5 7.5 L10 13 L15.5 7.5"),
  grip: svg("M7 5 V5.01 M7 10 V10.01 M7 15 V15.01 M13 5 V5.01 M13 10 V10.01 M13 15 V15.01"),
};

const icon = (name) => h("span", { class: "kx-icon", html: ICONS[name] });
const hidden = (text) => h("span", { class: "kx-sr" }, text);

// A sentence of the catalog with its placeholders filled.
function sayer(words) {
  return (key, values = {}) =>
    (words[key] || key).replace(/\{(\w+)\}/g, (all, name) => (name in values ? values[name] : all));
}

const toneOf = (share) => (share >= 0.999 ? "right" : share > 0 ? "partly" : "wrong");

// Beside each part: room for its mark after an answer, and for a question about it.
function partSlots(ctx) {
  const marks = new Map();
  const asks = new Map();
  const inputs = new Map();
  return {
    markSlot(part) {
      const slot = h("span", { class: "kx-slot" });
      marks.set(part, slot);
      return slot;
    },
    askSlot(part, ...owners) {
      const slot = h("p", { class: "kx-ask", id: `${ctx.id}-ask-${asks.size}`, hidden: true });
      asks.set(part, slot);
      inputs.set(part, owners);
      return slot;
    },
    mark(right) {
      for (const [part, slot] of marks) {
        slot.replaceChildren();
        slot.className = "kx-slot";
        if (!(part in right)) continue;
        const tone = toneOf(right[part]);
        slot.classList.add(`kx-${tone}`);
        slot.append(icon(tone), hidden(ctx.say(`mark_${tone}`)));
      }
    },
    ask(asked) {
      for (const [part, slot] of asks) {
        const text = asked[part] || "";
        slot.hidden = !text;
        slot.textContent = text;
        for (const input of inputs.get(part)) {
          input.toggleAttribute("data-asked", Boolean(text));
          if (text) input.setAttribute("aria-describedby", slot.id);
          else input.removeAttribute("aria-describedby");
          if (input.matches("button")) continue;
          if (text) input.setAttribute("aria-invalid", "true");
          else input.removeAttribute("aria-invalid");
        }
      }
      return [...asks.keys()];
    },
  };
}

// Text with its explanation in small print.
function worded(thing) {
  const text = h("span", { class: "kx-text", html: thing.text.html });
  if (!thing.detail || !thing.detail.html) return [text];
  return [text, h("span", { class: "kx-detail", html: thing.detail.html })];
}

function options(ctx, places, empty) {
  return [
    h("option", { value: "" }, empty),
    ...places.map((p) => h("option", { value: p.id }, p.text.plain)),
  ];
}

// A question to somebody who uses a reader: said once, even if the same words come twice.
function announcer() {
  const node = h("div", { class: "kx-sr", "aria-live": "assertive", role: "alert" });
  let odd = false;
  return {
    node,
    announce(text) {
      odd = !odd;
      node.textContent = odd ? text : `${text}\u00a0`;
    },
  };
}
