// Plays a clip by steps: one frame of the video is one step, for all cameras at once.

export class Player {
  constructor(video, onStep) {
    this.video = video;
    this.onStep = onStep;
    this.step = 0;
    this.steps = 1;
    this.hz = 20;
    video.addEventListener("timeupdate", () => this.follow());
    video.addEventListener("ended", () => this.onStep(this.step));
    const follow = () => { if (!video.paused) this.follow(); requestAnimationFrame(follow); };
    requestAnimationFrame(follow);
  }

  load(source, steps, hz) {
    this.steps = steps;
    this.hz = hz;
    this.step = 0;
    this.video.src = source;
    this.onStep(0);
  }

  follow() {
    if (this.video.paused) return;
    this.step = Math.min(this.steps - 1, Math.floor(this.video.currentTime * this.hz + 1e-3));
    this.onStep(this.step);
  }

  go(step) {
    this.video.pause();
    this.step = Math.max(0, Math.min(this.steps - 1, Math.round(step)));
    this.video.currentTime = (this.step + 0.5) / this.hz;
    this.onStep(this.step);
  }

  toggle() {
    if (!this.video.paused) { this.go(this.step); return; }
    if (this.step >= this.steps - 1) this.video.currentTime = 0;
    this.video.play().catch(() => null);
  }

  faster(by) {
    const speeds = [1, 2, 4, 8];
    const place = speeds.indexOf(this.video.playbackRate) + by;
    this.video.playbackRate = speeds[Math.max(0, Math.min(speeds.length - 1, place))];
    this.video.defaultPlaybackRate = this.video.playbackRate;
    return this.video.playbackRate;
  }
}
