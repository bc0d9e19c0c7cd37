// Plays the seat's cues as tones, the same melodies as the window's.

let context = null;

export function wakeSound() {
  context ||= new AudioContext();
  context.resume().catch(() => null);
}

export function playCue({ notes, loudness }) {
  if (!context) return;
  let at = context.currentTime;
  for (const [pitch, seconds] of notes) {
    if (pitch > 0) {
      const tone = context.createOscillator();
      const volume = context.createGain();
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0, at);
      volume.gain.linearRampToValueAtTime(loudness, at + 0.008);
      volume.gain.linearRampToValueAtTime(0, at + seconds);
      tone.connect(volume).connect(context.destination);
      tone.start(at);
      tone.stop(at + seconds);
    }
    at += seconds;
  }
}
