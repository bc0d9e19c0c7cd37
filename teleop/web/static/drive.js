// The driver's page: keys and pads go up sixty times a second, pictures and words come down.
import { by, given, made, notice, post } from "./common.js";
import { placeName, symbolName } from "./keys.js";
import { Pads } from "./pads.js";
import { fromOutside, showBoard, showClosed, showCut, showPicture } from "./seat.js";
import { playCue, wakeSound } from "./sound.js";
import { Talk } from "./talk.js";

const EVERY_MS = 1000 / 60;
given();
const pads = new Pads();
const held = new Map();
let pressed = [];
let camera = "";
let youDrive = false;
let lastSent = 0;

const talk = new Talk(true, takeWords, showPicture, (there) => {
  by("link").textContent = there ? "" : "the connection is gone; the arm holds. Connecting again";
  if (!there) showCut();
});

function takeWords(words) {
  const { seat, board, cues } = words;
  const otherTab = seat.you_drive && seat.elsewhere;
  youDrive = seat.you_drive && seat.open && !otherTab;
  by("sit").hidden = seat.you_drive && !otherTab;
  by("sit").textContent = otherTab ? "Drive here" : seat.open && !seat.free ? "Ask for the seat" : "Take the seat";
  by("sit").onclick = otherTab ? () => location.reload() : sit;
  by("rise").hidden = !seat.you_drive;
  by("how").hidden = youDrive;
  by("who").textContent = seat.error || (otherTab ? "You drive in another tab" : seat.you_drive ? "You drive" : seat.driver ? `${seat.driver} drives` : "Nobody drives");
  showAsking(seat);
  if (talk.socket.readyState === WebSocket.OPEN) {
    const trip = seat.round_trip_ms === null ? "" : `round trip ${seat.round_trip_ms} ms`;
    const lost = seat.missed || seat.too_old ? `, ${seat.missed} missed, ${seat.too_old} too old` : "";
    by("link").textContent = seat.open ? trip + lost : "";
  }
  if (board) {
    if (youDrive) showBoard(board, turn);
    else showBoard(fromOutside(board, seat.driver));
    pads.rumble(youDrive ? board.rumbles : []);
  } else if (!seat.open) showClosed("The seat is closed: take it");
  if (cues && youDrive) cues.forEach(playCue);
}

function turn(arm) {
  wakeSound();
  post("/api/seat/turn", { arm }).catch((error) => notice(error.message));
}

function showAsking(seat) {
  const words = seat.asking.join("\n");
  if (by("asking").dataset.words === words + seat.you_drive) return;
  by("asking").dataset.words = words + seat.you_drive;
  by("asking").replaceChildren(...seat.asking.map((name) => {
    if (!seat.you_drive) return made("span", `${name} asks for the seat `);
    return made("button", `Give the seat to ${name}`, {
      type: "button", on: { click: () => post("/api/seat/give", { to: name }).catch((error) => notice(error.message)) },
    });
  }));
}

function send(now) {
  pads.poll();
  if (!youDrive || now - lastSent < EVERY_MS - 2) return;
  const keys = [...held.values()].slice(0, 40);
  const message = {
    sequence: talk.sequence, sent_s: now / 1000, frame: talk.frame, keys,
    pressed: pressed.slice(0, 40), pads: pads.taken(), hidden: document.hidden, camera,
  };
  if (!talk.send(message)) return;
  talk.sequence += 1;
  pressed = [];
  lastSent = now;
}

function eachFrame() {
  send(performance.now());
  requestAnimationFrame(eachFrame);
}
requestAnimationFrame(eachFrame);

// In a hidden tab no frames come; the seat is told at once, and hears nothing after that.
document.addEventListener("visibilitychange", () => {
  held.clear();
  pressed = [];
  lastSent = 0;
  send(performance.now());
});
window.addEventListener("blur", () => held.clear());
window.addEventListener("pagehide", () => talk.socket.close());

const BROWSERS = ["F5", "F11", "F12"];
function mine(event) {
  const tag = event.target.tagName;
  return youDrive && !BROWSERS.includes(event.key) && !event.metaKey && tag !== "INPUT" && tag !== "SELECT" && !(event.key === "Tab" && event.shiftKey);
}
document.addEventListener("keydown", (event) => {
  wakeSound();
  if (!mine(event)) return;
  event.preventDefault();
  const key = [symbolName(event), placeName(event)];
  if (event.repeat || (!key[0] && !key[1])) return;
  held.set(event.code || event.key, key);
  pressed.push(key);
});
document.addEventListener("keyup", (event) => held.delete(event.code || event.key));
by("insets").addEventListener("click", (event) => { camera = event.target.dataset.camera || camera; });
async function sit(event) {
  wakeSound();
  event.target.blur();
  try {
    const { asked } = await post("/api/seat/sit");
    if (asked) notice(asked);
  } catch (error) { notice(error.message); }
}
// With ctrl for the grip a W would close the tab.
window.addEventListener("beforeunload", (event) => {
  if (youDrive && [...held.keys()].some((code) => code.startsWith("Control"))) event.preventDefault();
});
by("sit").onclick = sit;
by("rise").addEventListener("click", () => post("/api/seat/rise").catch((error) => notice(error.message)));
window.sidestick = { talk };
