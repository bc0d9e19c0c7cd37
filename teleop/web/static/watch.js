// What the driver sees, for those who only watch.
import { by } from "./common.js";
import { fromOutside, showBoard, showClosed, showCut, showPicture } from "./seat.js";
import { Talk } from "./talk.js";

const talk = new Talk(false, ({ seat, board }) => {
  by("who").textContent = seat.open ? `${seat.driver || "nobody"} is at the seat` : "Nobody is at the seat";
  if (board) showBoard(fromOutside(board, seat.driver));
  else if (!seat.open) showClosed("The seat is closed");
}, (place, picture, shown) => showPicture(place, picture, () => { shown(); talk.send({ frame: talk.frame }); }), (there) => {
  if (there) return;
  showCut();
  by("who").textContent = "The connection is gone. Connecting again";
});
