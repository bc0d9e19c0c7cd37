// All arms of a fleet, small: who drives, who asks and since when, and what led to the call.
import { by, made } from "./common.js";

const FIRST_ARM = 128;
const REPLAY = 127;
let built = "";

// The image of a place that belongs to the fleet; null for another place.
export function wallImage(place) {
  if (place === REPLAY) return by("replayed");
  return place >= FIRST_ARM ? by("wall").querySelectorAll("img")[place - FIRST_ARM] : null;
}

export const ofWall = (place) => place >= REPLAY;

// With `turn` every arm is a button that turns the driver to it.
export function showWall(fleet, turn) {
  by("wall").hidden = !fleet;
  by("replay").hidden = !fleet?.replay;
  if (!fleet) { by("wall").replaceChildren(); built = ""; return; }
  by("replay-words").textContent = fleet.replay || "";
  const wanted = `${fleet.arms.length} ${Boolean(turn)}`;
  if (built !== wanted) { build(fleet.arms.length, turn); built = wanted; }
  fleet.arms.forEach((arm, place) => fill(by("wall").children[place].firstElementChild, arm, place, fleet.here === place));
}

function build(count, turn) {
  by("wall").replaceChildren(...Array.from({ length: count }, (_, place) => {
    const tile = turn ? made("button", "", { type: "button", on: { click: () => { tile.blur(); turn(place); } } }) : made("div");
    tile.classList.add("arm");
    tile.append(made("img", "", { alt: "" }), made("b"), made("span", "", { class: "does" }), made("span", "", { class: "why dim" }), made("span", "", { class: "solved dim" }));
    const line = made("li");
    line.append(tile);
    return line;
  }));
}

function fill(tile, arm, place, here) {
  tile.style.setProperty("--driver", arm.colour);
  tile.style.setProperty("--driver-ink", arm.ink);
  tile.classList.toggle("here", here);
  tile.classList.toggle("asks", arm.asks);
  if (here) tile.setAttribute("aria-current", "true");
  else tile.removeAttribute("aria-current");
  const words = [`arm ${place + 1}${here ? ": here" : ""}`, arm.does, arm.why, arm.solved];
  ["b", ".does", ".why", ".solved"].forEach((part, number) => {
    const element = tile.querySelector(part);
    if (element.textContent !== words[number]) element.textContent = words[number];
  });
}
