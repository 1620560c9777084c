// The course home in the browser: draws what Python sends, asks by messages, keeps nothing itself.
const PATIENCE = 5000; // milliseconds without an answer until that is said

function render({ model, el }) {
  const waiting = new Map();
  const words = () => model.get("words");
  const find = (name) => el.querySelector(`[${name}]`);
  const said = (part) => el.querySelector(`[data-said="${part}"]`);
  let count = 0;

  // ---- asking and answering
  function ask(part, message, buffers = []) {
    const n = ++count;
    const late = setTimeout(() => tell(part, [words().no_answer], true), PATIENCE);
    waiting.set(n, { part, late });
    model.send({ ...message, n }, undefined, buffers);
  }

  function tell(part, lines, bad = false) {
    const place = said(part);
    if (!place) return;
    place.replaceChildren();
    place.classList.toggle("kk-bad", bad);
    if (lines.length === 1) place.append(lines[0]);
    else if (lines.length) {
      const list = document.createElement("ul");
      for (const one of lines.slice(1)) list.append(made("li", one));
      place.append(made("p", lines[0]), list);
    }
  }

  function made(tag, text = "", attributes = {}) {
    const node = document.createElement(tag);
    node.textContent = text;
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    return node;
  }

  // A link with "download" is no visit to another page, so the page keeps its kernel.
  function save(name, mime, data) {
    const link = made("a", "", { download: name, href: URL.createObjectURL(new Blob([data], { type: mime })) });
    el.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  }

  function heard(reply, buffers) {
    const asked = waiting.get(reply.n);
    if (!asked) return;
    clearTimeout(asked.late);
    waiting.delete(reply.n);
    if (reply.problems) {
      const head = { who: words().sign_problem, own: words().own_problems }[asked.part];
      tell(asked.part, head ? [head, ...reply.problems] : reply.problems, true);
      return;
    }
    if (buffers.length) save(reply.name, reply.mime, buffers[0]);
    if (reply.type === "own_upload" || reply.type === "own_rows") {
      grid(true);
      find("data-own-count").textContent = "";
    }
    if (reply.said) {
      tell(asked.part, reply.doubts?.length ? [`${reply.said} ${words().own_doubts}`, ...reply.doubts] : [reply.said]);
    }
  }

  // ---- the grid of own accounts
  function cell(column, value, row) {
    const name = `${column.label}, ${words().own_row.replace("{row}", row)}`;
    if (column.options.length) {
      const list = made("select", "", { "aria-label": name, "data-cell": column.id });
      list.append(made("option", "", { value: "" }));
      for (const [id, text] of column.options) list.append(made("option", text, { value: id }));
      list.value = value ?? "";
      return list;
    }
    const box = made("input", "", { type: "text", "aria-label": name, "data-cell": column.id, maxlength: "80" });
    if (column.kind !== "name") box.inputMode = "text";
    box.value = value ?? "";
    return box;
  }

  function addRow(body, values = {}) {
    const row = made("tr");
    const number = body.rows.length + 1;
    row.append(made("th", String(number), { scope: "row" }));
    for (const column of model.get("form").columns) {
      const box = made("td", "", { class: `kk-col-${column.kind}` });
      box.append(cell(column, values[column.id], number));
      row.append(box);
    }
    body.append(row);
  }

  function grid(open) {
    const place = find("data-grid");
    const { columns, rows, fewest, most } = model.get("form");
    find('data-act="own_type"').setAttribute("aria-expanded", String(open));
    place.hidden = !open;
    place.replaceChildren();
    if (!open) return;
    const table = made("table");
    const head = made("tr");
    head.append(made("th", "", { scope: "col", "aria-label": "#" }));
    for (const column of columns) {
      const title = made("th", column.label, { scope: "col", title: column.note });
      if (column.needed) title.append(made("span", ` * ${words().own_needed}`, { class: "kk-need" }));
      head.append(title);
    }
    const body = made("tbody");
    const top = made("thead");
    top.append(head);
    table.append(top, body);
    for (let i = 0; i < Math.max(fewest, rows.length); i += 1) addRow(body, rows[i]);
    const more = made("button", words().own_add, { type: "button", class: "kk-plain" });
    more.addEventListener("click", () => {
      if (body.rows.length < most) addRow(body);
      more.hidden = body.rows.length >= most;
    });
    more.hidden = body.rows.length >= most;
    const keep = made("button", words().own_save, { type: "button", class: "kk-main", "data-act": "own_rows" });
    const frame = made("div", "", { class: "kk-scroll", tabindex: "0" });
    frame.append(table);
    const buttons = made("p", "", { class: "kk-do" });
    buttons.append(more, keep);
    place.append(made("p", words().own_blank, { class: "kk-lead" }), frame, buttons);
  }

  function rows() {
    return [...find("data-grid").querySelectorAll("tbody tr")].map((row) => {
      const cells = [...row.querySelectorAll("[data-cell]")].filter((box) => box.value.trim());
      return Object.fromEntries(cells.map((box) => [box.dataset.cell, box.value]));
    });
  }

  // ---- drawing
  function draw() {
    el.innerHTML = model.get("html");
    const { alias, lang } = model.get("me");
    window.kamkit?.who?.(alias, lang);
  }

  function panel(open) {
    const place = el.querySelector('[data-part="who"]');
    place.hidden = !open;
    find('data-act="switch"')?.setAttribute("aria-expanded", String(open));
    if (open) place.querySelector("input").focus();
  }

  const acts = {
    switch: () => panel(el.querySelector('[data-part="who"]').hidden),
    cancel: () => panel(false),
    known: (button) => ask("who", { type: "known", who: Number(button.dataset.n) }),
    handin: () => ask("handin", { type: "handin", own: find("data-own-too").checked }),
    own_form: () => ask("own", { type: "own_form" }),
    own_pick: () => find("data-own-file").click(),
    own_type: () => grid(find("data-grid").hidden),
    own_rows: () => ask("own", { type: "own_rows", rows: rows() }),
  };

  function clicked(event) {
    const button = event.target.closest("button[data-act]");
    if (button) {
      acts[button.dataset.act]?.(button);
      return;
    }
    const card = event.target.closest("a[data-opening]");
    if (card && !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0) {
      card.classList.add("kk-opening");
    }
  }

  function submitted(event) {
    const form = event.target.closest('form[data-act="sign_in"]');
    if (!form) return;
    event.preventDefault();
    ask("who", { type: "sign_in", alias: form.alias.value, cohort: form.cohort.value });
  }

  async function changed(event) {
    const input = event.target.closest("[data-own-file]");
    const file = input?.files[0];
    if (!file) return;
    input.value = "";
    if (file.size > 5_000_000) tell("own", [words().own_large], true);
    else ask("own", { type: "own_upload" }, [await file.arrayBuffer()]);
  }

  draw();
  el.addEventListener("click", clicked);
  el.addEventListener("submit", submitted);
  el.addEventListener("change", changed);
  model.on("change:html", draw);
  model.on("msg:custom", heard);
  ask("who", { type: "shown" });
  return () => {
    for (const { late } of waiting.values()) clearTimeout(late);
    model.off("change:html", draw);
    model.off("msg:custom", heard);
    el.removeEventListener("click", clicked);
    el.removeEventListener("submit", submitted);
    el.removeEventListener("change", changed);
  };
}

export default { render };
