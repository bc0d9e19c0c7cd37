// The dataset page: a list to filter, one episode to play, and its judgements.
import { answerId, ask, by, clock, given, made, moment, notice, post, surely } from "./common.js";
import { keyName, typing } from "./keys.js";
import { Player } from "./player.js";
import { drawTimeline } from "./timeline.js";

const setup = given();
let episodes = [];
let total = 0;
let episode = null;
let badFrom = null;

const player = new Player(by("clip"), (step) => showStep(step));

async function list(first = 0) {
  const query = new URLSearchParams(new FormData(by("filters")));
  query.set("first", first);
  const found = await ask(`/api/episodes?${query}`);
  episodes = first ? [...episodes, ...found.episodes] : found.episodes;
  total = found.total;
  by("count").textContent = total === 1 ? "1 episode" : `${total} episodes`;
  by("more").hidden = episodes.length >= total;
  by("episodes").replaceChildren(...episodes.map(listed));
}

function listed(row) {
  const line = made("li");
  const button = made("button", "", {
    type: "button", "data-id": row.id, "aria-current": row.id === episode?.id ? "true" : false,
    on: { click: () => open(row.id) },
  });
  button.append(
    made("span", moment(row.started), { class: row.excluded ? "out" : "" }),
    made("span", row.outcome + (row.judged ? "" : " (recorded)"), { class: row.outcome }),
  );
  const alone = row.driver === "policy" && row.policy;
  const driver = row.driver === "both" ? `${Math.round(row.human_share * 100)} % human` : row.driver;
  const parts = [row.operator, row.level, clock(row.seconds), alone ? "" : driver].filter(Boolean);
  if (row.takeovers) parts.push(row.takeovers === 1 ? "1 takeover" : `${row.takeovers} takeovers`);
  if (row.policy) parts.push(`policy ${row.policy}`);
  if (row.quality) parts.push(`quality ${row.quality}`);
  if (row.disputed) parts.push("judges disagree");
  if (row.excluded) parts.push("excluded");
  button.append(made("span", [...parts, ...row.tags].join(" · "), { class: "sub" }));
  line.append(button);
  return line;
}

async function open(id) {
  episode = await ask(`/api/episodes/${encodeURIComponent(id)}`);
  badFrom = null;
  history.replaceState(null, "", `#${encodeURIComponent(id)}`);
  by("detail").hidden = false;
  by("choose").hidden = true;
  by("clip").style.aspectRatio = episode.cameras.length;  // the page does not jump when it comes
  by("split").classList.add("open");
  by("name").textContent = episode.id;
  by("instruction").textContent = episode.instruction;
  by("cameras").textContent = `cameras from the left: ${episode.cameras.join(", ")}`;
  by("step").max = episode.steps - 1;
  const flags = episode.flags.map(([name, detail]) => `${name}: ${detail}`);
  by("flags").replaceChildren(...(flags.length ? flags : ["none"]).map((words) => made("li", words)));
  player.load(`/api/episodes/${encodeURIComponent(id)}/clip`, episode.steps, episode.hz);
  showStands();
  for (const button of by("episodes").querySelectorAll("button")) {
    if (button.dataset.id === id) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
}

function showStands() {
  const success = episode.outcome;
  by("outcome").className = `badge ${success}`;
  by("outcome").textContent = success + (episode.judged ? "" : " (recorded)");
  const rows = [
    ["recorded", episode.recorded], ["operator", episode.operator || "nobody"], ["level", episode.level],
    ["policy", episode.policy || "none"], ["quality", episode.quality || "none"],
    ["reasons", [...episode.reasons, episode.text].filter(Boolean).join(", ") || "none"],
    ["tags", episode.tags.join(", ") || "none"],
    ["kept", episode.kept ? `steps ${episode.kept[0] + 1} to ${episode.kept[1]}` : "all steps"],
    ["bad stretches", String(episode.bad.length)], ["judges", episode.judges.join(", ") || "nobody"],
    ["used", episode.excluded ? "no, it is excluded" : "yes"],
  ];
  by("stands").replaceChildren(...rows.flatMap(([name, value]) => [made("dt", name), made("dd", String(value))]));
  const none = episode.judgements.length ? [] : [made("li", "none yet")];
  by("judgements").replaceChildren(...none, ...episode.judgements.slice(0, 40).map((one) => {
    const where = one.start === null ? "" : ` (step ${one.start + 1}${one.stop === null ? "" : ` to ${one.stop}`})`;
    return made("li", `${one.judge}: ${one.says}${where}`);
  }));
  const exclude = by("exclude");
  if (exclude) exclude.textContent = episode.excluded ? "Use again" : "Exclude";
  draw();
}

function draw() {
  if (episode) drawTimeline(by("track"), episode, player.step, badFrom, setup.colours);
}

function showStep(step) {
  if (!episode) return;
  by("step").value = step;
  by("at").textContent = `${step + 1} of ${episode.steps}, ${clock(step / episode.hz)}`;
  const within = (runs) => runs.find(([start, stop]) => start <= step && step < stop)?.[2] || "";
  by("here").textContent = `driven by ${within(episode.drivers)}, stage ${within(episode.stages)}`;
  by("step").setAttribute("aria-valuetext", `${by("at").textContent}, ${by("here").textContent}`);
  draw();
}

async function judge(kind, payload = {}, start = null, stop = null) {
  const body = { answer: answerId(), episode: episode.id, kind, start, stop, payload };
  take(await surely("/api/edits", body));
  notice(`${kind}: written`);
}

function take(now) {
  Object.assign(episode, now, { id: episode.id });
  const verdict = now.judgements.length && now.judged;
  if (!verdict) episode.outcome = episode.recorded;
  else ask(`/api/episodes/${encodeURIComponent(episode.id)}`).then((fresh) => {
    episode.outcome = fresh.outcome;
    showStands();
  });
  showStands();
  list().catch(() => null);
}

function takeover(way) {
  const steps = episode.takeover_steps;
  const found = way > 0 ? steps.find((step) => step > player.step) : steps.filter((step) => step < player.step).pop();
  if (found === undefined) notice(way > 0 ? "no later takeover" : "no takeover before");
  else player.go(found);
}

function trim(fromHere) {
  const [first, end] = episode.kept || [0, episode.steps];
  const [start, stop] = fromHere ? [player.step, end] : [first, player.step + 1];
  return start < stop ? judge("trim", {}, start, stop) : notice("nothing would be left");
}

function bad() {
  if (badFrom === null) { badFrom = player.step; notice("a bad stretch begins here; again where it ends"); draw(); return null; }
  const [first, last] = [Math.min(badFrom, player.step), Math.max(badFrom, player.step)];
  badFrom = null;
  return judge("bad", {}, first, last + 1);
}

function nextStage() {
  const begun = Object.entries(episode.stages_judged).filter(([, start]) => start < player.step);
  const place = Math.max(0, ...begun.map(([name]) => episode.stage_names.indexOf(name))) + 1;
  if (place >= episode.stage_names.length) return notice("all stages have begun before this step");
  return judge("stage", { stage: episode.stage_names[place] }, player.step);
}

async function undo() {
  if (badFrom !== null) { badFrom = null; draw(); return; }
  const now = await post("/api/undo");
  notice(`taken back: ${now.kind}`);
  if (now.episode !== episode?.id) await open(now.episode);
  else take(now);
}

function neighbour(way) {
  const place = episodes.findIndex((row) => row.id === episode?.id) + way;
  if (place >= 0 && place < episodes.length) return open(episodes[place].id);
  return notice(way > 0 ? "that was the last one" : "that is the first one");
}

const verdict = (word) => judge("verdict", { verdict: word }).then(() => neighbour(1));
const DOES = {
  play: () => player.toggle(), forward: () => player.go(player.step + 1), back: () => player.go(player.step - 1),
  "second-on": () => player.go(player.step + episode.hz), "second-back": () => player.go(player.step - episode.hz),
  first: () => player.go(0), last: () => player.go(episode.steps - 1),
  faster: () => { by("speed").textContent = `${player.faster(1)}×`; },
  slower: () => { by("speed").textContent = `${player.faster(-1)}×`; },
  "takeover-after": () => takeover(1), "takeover-before": () => takeover(-1),
  next: () => neighbour(1), previous: () => neighbour(-1), help: () => by("help").showModal(),
};
const EDITS = {
  success: () => verdict("success"), failure: () => verdict("failure"),
  ...Object.fromEntries(["one", "two", "three", "four", "five"].map((word, place) => [word, () => judge("quality", { quality: place + 1 })])),
  ...Object.fromEntries([1, 2, 3, 4, 5].map((number) => [`quality-${number}`, () => judge("quality", { quality: number })])),
  reason: () => by("reason").focus(), tag: () => by("tag").focus(),
  bad, "trim-start": () => trim(true), "trim-end": () => trim(false), stage: nextStage, undo,
  exclude: () => judge("exclusion", { excluded: !episode.excluded, why: "" }),
};

async function act(name) {
  const does = DOES[name] || (setup.may_edit ? EDITS[name] : null);
  if (!does || (!episode && !["help", "next"].includes(name))) return;
  try { await does(); } catch (error) { notice(error.message); }
}

const bound = new Set(setup.keys.flatMap(([, chords]) => chords));
const actions = new Map(setup.keys.flatMap(([action, chords]) => chords.map((chord) => [chord, action])));
document.addEventListener("keydown", (event) => {
  if (typing(event) || event.ctrlKey || event.metaKey || event.altKey || by("help").open) return;
  const name = keyName(event, bound);
  const onButton = event.target.tagName === "BUTTON" && (name === "enter" || name === "space");
  if (!actions.has(name) || onButton || name === "tab") return;
  event.preventDefault();
  act(actions.get(name));
});
document.addEventListener("click", (event) => {
  const name = event.target.closest("[data-do]")?.dataset.do;
  if (name) act(name);
});
by("filters").addEventListener("input", () => list().catch((error) => notice(error.message)));
by("filters").addEventListener("submit", (event) => event.preventDefault());
by("more").addEventListener("click", () => list(episodes.length).catch((error) => notice(error.message)));
by("step").addEventListener("input", () => player.go(Number(by("step").value)));
by("back").addEventListener("click", () => by("split").classList.remove("open"));
by("show-help").addEventListener("click", () => by("help").showModal());
by("track").addEventListener("pointerdown", (event) => scrub(event));
by("track").addEventListener("pointermove", (event) => { if (event.buttons) scrub(event); });
by("reason")?.addEventListener("change", (event) => {
  const reasons = [...new Set([...episode.reasons, event.target.value])];
  judge("reason", { reasons, text: episode.text }).catch((error) => notice(error.message));
  event.target.value = "";
});
by("tag")?.addEventListener("change", (event) => {
  judge("tag", { tag: event.target.value }).catch((error) => notice(error.message));
  event.target.value = "";
});
function scrub(event) {
  const box = by("track").getBoundingClientRect();
  player.go(((event.clientX - box.left) / box.width) * episode.steps - 0.5);
}
window.addEventListener("resize", draw);
window.addEventListener("theme", draw);
by("keys").tBodies[0].replaceChildren(...setup.keys.map(([, chords, words]) => {
  const line = made("tr");
  const cell = made("td");
  chords.forEach((chord) => cell.append(made("kbd", chord), " "));
  line.append(cell, made("td", words));
  return line;
}));
await list().catch((error) => notice(error.message));
const wanted = decodeURIComponent(location.hash.slice(1));
if (wanted) await open(wanted).catch((error) => notice(error.message));
