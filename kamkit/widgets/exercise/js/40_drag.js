// Dragging by mouse, pen or finger. A finger drags by the grip only, so that the page still
// scrolls where a card is touched elsewhere.
const DRAG_FROM = 6;

function draggable(node, { grip, over, drop, end }) {
  let start = null;
  let ghost = null;
  let lastDrag = 0;

  function lift(event) {
    const box = node.getBoundingClientRect();
    ghost = node.cloneNode(true);
    ghost.removeAttribute("id");
    ghost.classList.add("kx-ghost");
    ghost.setAttribute("aria-hidden", "true");
    ghost.style.width = `${box.width}px`;
    ghost.dataset.dx = event.clientX - box.left;
    ghost.dataset.dy = event.clientY - box.top;
    const home = node.closest(".kx");
    home.append(ghost);
    node.classList.add("kx-dragged");
  }

  function place(event) {
    ghost.style.left = `${event.clientX - ghost.dataset.dx}px`;
    ghost.style.top = `${event.clientY - ghost.dataset.dy}px`;
    const edge = 48;
    if (event.clientY < edge) window.scrollBy(0, -12);
    else if (event.clientY > window.innerHeight - edge) window.scrollBy(0, 12);
    over(document.elementFromPoint(event.clientX, event.clientY), event);
  }

  function stop(event, dropped) {
    if (!start) return;
    document.removeEventListener("pointermove", move);
    document.removeEventListener("pointerup", up);
    document.removeEventListener("pointercancel", cancel);
    document.removeEventListener("keydown", escape, true);
    start = null;
    if (!ghost) return;
    ghost.remove();
    ghost = null;
    node.classList.remove("kx-dragged");
    lastDrag = Date.now();
    if (dropped) drop(document.elementFromPoint(event.clientX, event.clientY), event);
    end();
  }

  function move(event) {
    if (!start || event.pointerId !== start.id) return;
    const far = Math.hypot(event.clientX - start.x, event.clientY - start.y) > DRAG_FROM;
    if (!ghost && !far) return;
    if (!ghost) lift(event);
    event.preventDefault();
    place(event);
  }
  const up = (event) => start && event.pointerId === start.id && stop(event, true);
  const cancel = (event) => start && event.pointerId === start.id && stop(event, false);
  const escape = (event) => {
    if (event.key === "Escape" && ghost) {
      event.stopPropagation();
      stop(event, false);
    }
  };

  node.addEventListener("pointerdown", (event) => {
    if (event.button || node.classList.contains("kx-locked")) return;
    if (event.target.closest("select, option, .kx-nudge")) return;
    if (event.pointerType === "touch" && !grip.contains(event.target)) return;
    start = { id: event.pointerId, x: event.clientX, y: event.clientY };
    document.addEventListener("pointermove", move);
    document.addEventListener("pointerup", up);
    document.addEventListener("pointercancel", cancel);
    document.addEventListener("keydown", escape, true);
  });
  node.addEventListener("dragstart", (event) => event.preventDefault());
  // The click that ends a drag lifts nothing.
  return { justDragged: () => Date.now() - lastDrag < 250 };
}
