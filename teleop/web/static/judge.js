// One item a screen, one key an answer.
import { answerId, ask, by, clock, given, made, notice, post, surely } from "./common.js";
import { symbolName, typing } from "./keys.js";

const setup = given();
let item = null;
let answers = [];
let until = 0;
let step = 0;
let cursor = { x: 0, y: 0 };
let trimStart = 0;
let busy = false;
const picture = new Image();

const WORDS = {
  outcome: [["s", "Success", "success", "good"], ["f", "Failure", "failure", "bad"]],
  quality: [1, 2, 3, 4, 5].map((n) => [String(n), `${n}${{ 1: " poor", 5: " excellent" }[n] || ""}`, n]),
  reason: setup.reasons.map((reason, place) => [String(place + 1), reason, reason]),
  prediction: [["a", "Accept", "accept", "good"], ["r", "Reject", "reject", "bad"]],
  pair: [["left", ["Left", "Upper"], 0], ["down", "Neither", "neither"], ["right", ["Right", "Lower"], 1]],
};

async function next() {
  const settle = by("settle")?.checked || false;
  item = null;
  answers = [];
  by("item").hidden = true;
  by("left").textContent = "loading";
  const found = await post("/api/judge/next", { kind: by("kind").value, settle });
  item = found.item;
  by("left").textContent = `${found.left} left`;
  by("item").hidden = !item;
  by("nothing").hidden = Boolean(item);
  by("skip").hidden = !item;
  if (item) show();
  tell().catch(() => null);
}

function show() {
  until = performance.now() + setup.lease_s * 1000;
  by("question").textContent = item.question;
  by("item").dataset.lease = item.lease;
  const clips = item.picture ? [] : item.steps.map((steps, place) => {
    const side = "ab"[place];
    const names = item.steps.length > 1 ? ["left, or upper", "right, or lower"][place] : "the episode";
    const video = made("video", "", {
      src: `/api/judge/leases/${item.lease}/clip/${side}`, muted: true, playsinline: true, autoplay: true,
      loop: !needsStep(), "aria-label": `Clip: ${names}`, controls: item.steps.length > 1,
    });
    video.muted = true;
    video.style.aspectRatio = item.cameras.length;  // the page does not jump when it comes
    video.addEventListener("loadedmetadata", () => { video.style.aspectRatio = ""; });
    video.addEventListener("timeupdate", () => { if (!video.paused) follow(video); });
    return video;
  });
  by("clips").className = clips.length > 1 ? "two" : "one";
  by("clips").replaceChildren(...clips);
  by("picture").hidden = !item.picture;
  by("scrub").hidden = !needsStep();
  by("step").max = item.steps[0] - 1;
  trimStart = 0;
  setStep(0, false);
  if (item.picture) {
    picture.onload = () => { cursor = { x: picture.width / 2, y: picture.height / 2 }; draw(); };
    picture.src = `/api/judge/leases/${item.lease}/image`;
    by("picture").focus();
  }
  offer();
}

const needsStep = () => item.kind === "stage" || item.kind === "trim";

function offer() {
  const sides = (value) => (typeof value === "number" ? item.sides[value] : value);
  answers = (WORDS[item.kind] || []).map(([key, words, value, tone]) => (
    { key, words, tone, value: item.kind === "pair" ? sides(value) : value }));
  if (item.kind === "stage") answers = [{ key: "enter", words: "It begins here", value: () => ({ step }) }];
  if (item.kind === "trim") answers = [
    { key: "i", words: `Keep from here (now step ${trimStart + 1})`, act: () => { trimStart = step; offer(); } },
    { key: "o", words: "Keep up to here, and done", value: () => ({ start: trimStart, stop: step + 1 }) },
    { key: "enter", words: "Keep to the end, and done", value: () => ({ start: trimStart, stop: item.steps[0] }) },
  ];
  if (item.kind === "click") answers = [{ key: "enter", words: "It is here", value: () => ({ x: cursor.x, y: cursor.y }) }];
  by("answers").replaceChildren(...answers.map((one) => {
    const button = made("button", "", { type: "button", class: one.tone || "", on: { click: () => give(one) } });
    button.append(...worded(one.words), " ", made("kbd", one.key));
    return button;
  }));
}

// Of two words the second is for narrow screens, where the clips lie one above the other.
function worded(words) {
  if (typeof words === "string") return [words];
  return words.map((word, narrow) => made("span", word, { class: narrow ? "narrow-only" : "wide-only" }));
}

async function give(one) {
  if (one.act) { one.act(); return; }
  if (!item || busy) return;
  busy = true;
  const value = typeof one.value === "function" ? one.value() : one.value;
  try {
    await surely("/api/judge/answers", { lease: item.lease, answer: answerId(), value });
  } catch (error) { notice(error.message); }
  busy = false;
  await next().catch((error) => notice(error.message));
}

async function skip() {
  if (item) await post("/api/judge/answers", { lease: item.lease, answer: answerId(), value: null }).catch(() => null);
  await next();
}

async function undo() {
  const { kind } = await post("/api/judge/undo");
  notice(`taken back: ${kind}`);
  await next();
}

function follow(video) {
  if (needsStep()) setStep(Math.floor(video.currentTime * item.hz + 1e-3), false);
}

function setStep(wanted, seek = true) {
  step = Math.max(0, Math.min(item.steps[0] - 1, wanted));
  by("step").value = step;
  by("at").textContent = `${step + 1} of ${item.steps[0]}, ${clock(step / item.hz)}`;
  const video = by("clips").querySelector("video");
  if (seek && video) { video.pause(); video.currentTime = (step + 0.5) / item.hz; }
}

function draw() {
  const canvas = by("picture");
  const pen = canvas.getContext("2d");
  canvas.width = picture.width * 5;
  canvas.height = picture.height * 5;
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  const half = canvas.height / 2;
  const at = ([x, y]) => [canvas.width / 2 + x * half, half + y * half];
  if (item.shown.path) {
    for (const [stroke, width] of [["#0a0d11", 8], ["#e69f00", 4]]) {
      pen.strokeStyle = stroke;
      pen.lineWidth = width;
      pen.beginPath();
      item.shown.path.forEach((point, place) => pen[place ? "lineTo" : "moveTo"](...at(point)));
      pen.stroke();
    }
    for (const place of item.shown.grips) circle(pen, at(item.shown.path[place]), 11, "#eef2f6");
    circle(pen, at(item.shown.path.at(-1)), 7, "#e69f00");
  } else {
    circle(pen, [cursor.x * 5, cursor.y * 5], 12, "#f0e442");
    pen.fillStyle = "#f0e442";
    pen.fillRect(cursor.x * 5 - 1, cursor.y * 5 - 1, 3, 3);
  }
}

function circle(pen, [x, y], radius, stroke) {
  pen.strokeStyle = stroke;
  pen.lineWidth = 3;
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.stroke();
}

async function tell() {
  const told = await ask("/api/judge/agreement");
  if (!setup.expert) {
    const own = told.judges[0];
    by("record").textContent = own ? `${own.answers} answers, ${own.right} of ${own.gold} known ones right` : "";
    return;
  }
  by("agreement").hidden = false;
  const alphas = Object.entries(told.alpha).map(([kind, value]) => `${kind} ${value.toFixed(2)}`);
  by("alpha").textContent = `Krippendorff's alpha: ${alphas.join(", ") || "nothing was answered twice yet"}. ${told.disputed} to settle.`;
  rows("judges", told.judges.map((one) => [one.name, one.answers, `${one.right} of ${one.gold}`, trusted(one.trust)]));
  by("unranked").hidden = told.ranking.length > 0;
  by("ranking").hidden = !told.ranking.length;
  rows("ranking", told.ranking.map((one) => [one.policy, `${Math.round(one.preferred * 100)} %`, one.interval95.map((end) => Math.round(end * 100)).join(" to ") + " %", one.pairs]));
}

const trusted = (trust) => Object.entries(trust).map(([kind, share]) => `${kind} ${Math.round(share * 100)} %`).join(", ") || "not known";

function rows(id, lines) {
  by(id).tBodies[0].replaceChildren(...lines.map((cells) => {
    const line = made("tr");
    line.append(...cells.map((cell, place) => made("td", String(cell), { class: place ? "figure" : "" })));
    return line;
  }));
}

const MOVES = { left: [-2, 0], right: [2, 0], up: [0, -2], down: [0, 2] };
const STEPS = { left: (now) => now - 1, right: (now) => now + 1, home: () => 0, end: () => item.steps[0] - 1 };
document.addEventListener("keydown", (event) => {
  if (typing(event) || event.ctrlKey || event.metaKey || event.altKey || event.repeat && !(symbolName(event) in MOVES)) return;
  const name = symbolName(event);
  const chosen = answers.find((one) => one.key === name);
  const onButton = event.target.tagName === "BUTTON" && (name === "enter" || name === "space");
  if (onButton) return;
  const own = { n: skip, u: undo, backspace: undo }[name];
  if (item && item.kind === "click" && name in MOVES) move(...MOVES[name]);
  else if (item && needsStep() && name in STEPS) setStep(STEPS[name](step));
  else if (item && chosen) give(chosen);
  else if (name === "space") by("clips").querySelectorAll("video").forEach((video) => (video.paused ? video.play() : video.pause()));
  else if (own) own().catch((error) => notice(error.message));
  else return;
  event.preventDefault();
});
function move(right, down) {
  cursor = { x: Math.max(0, Math.min(picture.width - 1, cursor.x + right)), y: Math.max(0, Math.min(picture.height - 1, cursor.y + down)) };
  draw();
}
by("picture").addEventListener("click", (event) => {
  if (item?.kind !== "click") return;
  const box = by("picture").getBoundingClientRect();
  cursor = { x: ((event.clientX - box.left) / box.width) * picture.width, y: ((event.clientY - box.top) / box.height) * picture.height };
  give(answers[0]);
});
by("step").addEventListener("input", () => setStep(Number(by("step").value)));
by("skip").addEventListener("click", () => skip().catch((error) => notice(error.message)));
by("undo").addEventListener("click", () => undo().catch((error) => notice(error.message)));
by("kind").addEventListener("change", () => { by("kind").blur(); next().catch((error) => notice(error.message)); });
by("settle")?.addEventListener("change", () => next().catch((error) => notice(error.message)));
setInterval(() => {
  if (item) by("lease").value = Math.max(0, (until - performance.now()) / (setup.lease_s * 1000));
}, 500);
next().catch((error) => notice(error.message));
