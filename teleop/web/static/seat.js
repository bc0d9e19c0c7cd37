// Shows the seat: the head line, the pictures, the panel, the card and the foot line.
import { by, made } from "./common.js";
import { ofWall, showWall, wallImage } from "./wall.js";

let insets = [];
let before = "";
const usual = document.title;

export function showPicture(place, picture, shown) {
  const beside = () => (ofWall(place) ? wallImage(place) : by("insets").querySelectorAll("img")[place - 1]);
  const image = place === 0 ? by("picture") : beside();
  if (!image) return;
  const address = URL.createObjectURL(picture);
  const old = image.dataset.address;
  image.onload = () => { if (old) URL.revokeObjectURL(old); requestAnimationFrame(shown); };
  image.dataset.address = address;
  image.src = address;
}

// The board as whoever does not drive sees it.
export function fromOutside(board, driver) {
  const banner = board.banner === "YOU DRIVE" ? `${driver || "somebody"} drives` : board.banner;
  return { ...board, banner, hints: [], help: null };
}

// With `turn` the arms of a fleet are buttons, which call it with their number.
export function showBoard(board, turn = null) {
  const seat = by("seat");
  seat.dataset.state = board.state;
  seat.classList.remove("cut");
  seat.style.setProperty("--driver", board.colour);
  seat.style.setProperty("--driver-ink", board.ink);
  seat.classList.toggle("resting", board.resting);
  seat.classList.toggle("striped", board.striped);
  text("instruction", board.instruction);
  text("level", board.level);
  text("banner", board.banner);
  text("does", board.does);
  by("does").classList.toggle("rec", board.recording);
  text("tally", board.tally);
  text("words", board.notice);
  text("health", board.health.join(" · "));
  document.title = title(board);
  showWall(board.fleet, turn);
  const now = JSON.stringify([board.order, board.stages, board.stage, board.rows, board.hints, board.card, board.insets, board.help]);
  if (now === before) return;
  before = now;
  showOrder(board);
  showPanel(board);
  showCard(board.card);
  by("hints").replaceChildren(...keys(board.hints));
  showHelp(board.help);
}

function title(board) {
  const asking = board.fleet?.asking || 0;
  if (asking) return `(!) ${asking} arm${asking > 1 ? "s ask" : " asks"} for help`;
  return board.banner === "THE POLICY ASKS FOR HELP" ? "(!) The policy asks for help" : usual;
}

function text(id, words) {
  if (by(id).textContent !== words) by(id).textContent = words;
}

function showOrder(board) {
  by("order").replaceChildren(...board.order.map((chip) => {
    const element = made("span", `${chip.done ? "✓ " : ""}${chip.name}`, {
      class: chip.done ? "chip done" : "chip", role: "listitem",
      title: `${chip.name} into the ${chip.container}${chip.done ? ": done" : ""}`,
    });
    element.style.background = chip.colour;
    element.style.color = chip.ink;
    return element;
  }));
}

function showPanel(board) {
  if (insets.join() !== board.insets.join()) {
    insets = board.insets;
    by("insets").replaceChildren(...insets.map((name) => {
      const figure = made("figure");
      figure.append(made("img", "", { alt: `${name} camera`, "data-camera": name }), made("figcaption", name));
      return figure;
    }));
  }
  const at = board.stages.indexOf(board.stage);
  by("stages").replaceChildren(...board.stages.map((stage, place) => made("li", stage, {
    class: place < at || (place === at && at === board.stages.length - 1) ? "past" : place === at ? "now" : "",
    "aria-current": place === at ? "step" : null,
  })));
  by("rows").replaceChildren(...board.rows.flatMap(([name, words, share]) => {
    const value = made("dd", words);
    if (share !== null) value.append(" ", made("meter", "", { min: 0, max: 1, value: share, "aria-label": name }));
    return [made("dt", name), value];
  }));
}

function showCard(card) {
  by("card").hidden = !card;
  if (!card) return;
  by("card").className = `card ${card.tone}`;
  const list = made("p");
  list.append(...keys(card.keys));
  by("card").replaceChildren(made("h2", card.title), ...card.lines.map((line) => made("p", line)), list);
  if (card.filled > 0) by("card").append(made("progress", "", { max: 1, value: card.filled, "aria-label": "time left" }));
}

function keys(pairs) {
  return pairs.map(([key, words]) => {
    const pair = made("span", "", { class: "key" });
    pair.append(made("kbd", key), ` ${words} `);
    return pair;
  });
}

function showHelp(rows) {
  const dialog = by("help");
  if (!rows) { if (dialog.open) dialog.close(); return; }
  by("controls").tBodies[0].replaceChildren(...rows.map((cells) => {
    const line = made("tr");
    line.append(...cells.map((cell) => made("td", cell)));
    return line;
  }));
  if (!dialog.open) dialog.show();
}

// The picture that is shown is an old one.
export function showCut() {
  if (by("seat").dataset.state === "closed") return;
  by("seat").classList.add("resting", "cut");
  text("banner", "NO CONNECTION");
}

export function showClosed(words) {
  by("seat").dataset.state = "closed";
  by("seat").classList.remove("resting", "cut");
  before = "";
  text("instruction", words);
  text("banner", "");
  ["level", "does", "tally", "words", "health"].forEach((id) => text(id, ""));
  for (const id of ["order", "stages", "rows", "hints", "insets"]) by(id).replaceChildren();
  insets = [];
  showWall(null);
  by("card").hidden = true;
}
