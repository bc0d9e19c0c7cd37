// Draws who drove, the stages, both actions and the novelty, one column a step.
import { colour } from "./common.js";

const LANE = { drivers: [22, 24], actions: [58, 84], novelty: [150, 30] };

export function drawTimeline(canvas, episode, step, pending, colours) {
  const scale = window.devicePixelRatio || 1;
  const wide = canvas.clientWidth;
  const tall = canvas.clientHeight;
  canvas.width = wide * scale;
  canvas.height = tall * scale;
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  pen.font = "12px system-ui, sans-serif";
  pen.textBaseline = "middle";
  const xOf = (place) => (place / episode.steps) * wide;
  drawDrivers(pen, episode, xOf, colours);
  drawStages(pen, episode, xOf);
  drawActions(pen, episode, xOf, colours);
  drawNovelty(pen, episode, xOf);
  drawCuts(pen, episode, xOf, pending, step);
  nameDrivers(pen, episode, xOf, colours);
  pen.fillStyle = colour("text");
  pen.fillRect(xOf(step + 0.5) - 1.5, 4, 3, tall - 8);
}

function drawDrivers(pen, episode, xOf, colours) {
  const [top, high] = LANE.drivers;
  for (const [start, stop, name] of episode.drivers) {
    const left = xOf(start);
    const width = Math.max(1, xOf(stop) - left);
    pen.fillStyle = colours[name];
    pen.fillRect(left, top, width, high);
    if (name === "human") hatch(pen, left, top, width, high, "#0d1116", 9);
  }
  pen.fillStyle = colour("warn");
  for (const start of episode.takeover_steps) {
    const x = xOf(start);
    pen.beginPath();
    pen.moveTo(x - 5, top + high + 9);
    pen.lineTo(x + 5, top + high + 9);
    pen.lineTo(x, top + high + 1);
    pen.fill();
  }
}

// Over everything else on that lane: a cut hides who drove, not the word.
function nameDrivers(pen, episode, xOf, colours) {
  const [top, high] = LANE.drivers;
  for (const [start, stop, name] of episode.drivers) {
    const left = xOf(start);
    if (xOf(stop) - left > 54) {
      pen.fillStyle = colours[name];
      pen.fillRect(left + 4, top + 4, pen.measureText(name).width + 8, high - 8);
      pen.fillStyle = name === "nobody" ? "#fff" : "#0a0c0e";
      pen.fillText(name, left + 8, top + high / 2);
    }
  }
}

function drawStages(pen, episode, xOf) {
  let right = 0;
  pen.fillStyle = colour("dim");
  for (const [start, , name] of episode.stages) {
    const x = xOf(start);
    pen.fillRect(x, 4, 1.5, 16);
    if (x >= right) {
      pen.fillText(name, x + 4, 11);
      right = x + pen.measureText(name).width + 12;
    }
  }
  pen.fillStyle = colour("warn");
  for (const [name, start] of Object.entries(episode.stages_judged)) {
    pen.fillRect(xOf(start), 16, 2, 34);
    pen.fillText(name, xOf(start) + 4, 53);
  }
}

function drawActions(pen, episode, xOf, colours) {
  const [top, high] = LANE.actions;
  const axes = episode.axes.length;
  const row = high / axes;
  for (let axis = 0; axis < axes; axis += 1) {
    const middle = top + row * (axis + 0.5);
    pen.fillStyle = colour("raised");
    pen.fillRect(0, middle, xOf(episode.steps), 1);
    line(pen, episode.policy_actions, axis, middle, row, xOf, colours.policy);
    line(pen, episode.human_actions, axis, middle, row, xOf, colours.human);
  }
}

function line(pen, rows, axis, middle, row, xOf, stroke) {
  pen.strokeStyle = stroke;
  pen.lineWidth = 1.4;
  pen.beginPath();
  let drawing = false;
  rows.forEach((values, step) => {
    const value = values[axis];
    if (value === null) { drawing = false; return; }
    const y = middle - value * row * 0.46;
    if (drawing) pen.lineTo(xOf(step + 0.5), y); else pen.moveTo(xOf(step + 0.5), y);
    drawing = true;
  });
  pen.stroke();
}

function drawNovelty(pen, episode, xOf) {
  const [top, high] = LANE.novelty;
  pen.fillStyle = colour("dim");
  if (episode.novelty.every((value) => value === null)) {
    pen.fillText("no policy was loaded: no novelty", 4, top + high / 2);
    return;
  }
  pen.fillText("novelty", 4, top + 6);
  line(pen, episode.novelty.map((value) => [value]), 0, top + high, high * 2, xOf, colour("warn"));
}

function drawCuts(pen, episode, xOf, pending, step) {
  const [top, high] = LANE.drivers;
  for (const [start, stop] of episode.dropped) {
    pen.fillStyle = "rgb(13 17 22 / 72%)";
    pen.fillRect(xOf(start), top, Math.max(2, xOf(stop) - xOf(start)), high);
    hatch(pen, xOf(start), top, Math.max(2, xOf(stop) - xOf(start)), high, "#ff8a4c", 6);
  }
  if (pending !== null) {
    const first = Math.min(pending, step);
    pen.strokeStyle = colour("warn");
    pen.lineWidth = 3;
    pen.strokeRect(xOf(first), top - 2, Math.max(3, xOf(Math.max(pending, step) + 1) - xOf(first)), high + 4);
  }
}

function hatch(pen, left, top, width, high, stroke, gap) {
  pen.save();
  pen.beginPath();
  pen.rect(left, top, width, high);
  pen.clip();
  pen.strokeStyle = stroke;
  pen.lineWidth = 1;
  pen.beginPath();
  for (let x = left - high; x < left + width; x += gap) {
    pen.moveTo(x, top + high);
    pen.lineTo(x + high, top);
  }
  pen.stroke();
  pen.restore();
}
