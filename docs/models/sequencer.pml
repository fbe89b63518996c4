/*
 * The sequencer against every interleaving of a small world: connections of up to N frames each, of which any
 * may be dropped, sent twice, overtaken or cut short, and which may close at any moment. After a close the
 * counters are checked and begin anew, so that one connection stands for any number of them.
 *
 *   spin -a sequencer.pml && gcc -O2 -DSAFETY -o pan pan.c && ./pan
 *
 * A label names a transition, from_to_verdict, as in the state diagram of docs/sequence-numbers.md; a test
 * compares the two and demands that each one is reached. -DCLAIM_NO_GAP_IS_EVER_FILLED adds a false claim,
 * which must be refuted.
 */
#define N 6            /* numbers 0 .. N-1 */
#define START 1        /* so that number 0 lies below the start */
#define IN_FLIGHT 3    /* frames that can overtake each other */
#define REMEMBERED 1   /* open gaps that are remembered */
#define UNREADABLE 255

/* The network. */
byte copies[N];        /* in flight, of each number */
byte cut;              /* in flight, without a readable number */
byte inFlight;

/* The truth, which the sequencer does not see. */
bool arrived[N];

/* The sequencer. */
bool running;
byte expected, horizon;
bool open[N];          /* missing and remembered */
byte received, accepted, duplicates, stale, invalid, framesInGaps, late, lost;

/* Scratch, no part of the state. */
hidden byte i, ranges, lowest, stillOpen, neverArrived, pushed;

inline forgetBeyondMemory() {
  /* Ranges are maximal runs of open numbers. */
  ranges = 0; lowest = N; i = 0;
  do
  :: i < N ->
     if
     :: open[i] && (i == 0 || !open[i - 1]) -> ranges++; if :: lowest == N -> lowest = i :: else fi
     :: else
     fi;
     i++
  :: else -> break
  od;
  if
  :: ranges > REMEMBERED ->
     i = lowest;
     do
     :: i < N && open[i] -> open[i] = false; lost++; i++
     :: else -> break
     od;
     horizon = i
  :: else
  fi
}

inline leaveGap(n) {
  i = expected;
  do
  :: i < n -> open[i] = true; framesInGaps++; i++
  :: else -> break
  od;
  accepted++;
  expected = n + 1;
  forgetBeyondMemory()
}

inline push(n) {
  received++;
  if
  :: !running && n < START ->
waiting_waiting_stale:
     stale++
  :: !running && n == START ->
waiting_running_first:
     running = true; horizon = START; expected = START + 1; accepted++
  :: !running && n > START ->
waiting_running_gap:
     running = true; horizon = START; expected = START; leaveGap(n)
  :: running && n == expected ->
running_running_next:
     expected++; accepted++
  :: running && n > expected ->
running_running_gap:
     leaveGap(n)
  :: running && n < expected && n < horizon ->
running_running_stale:
     stale++
  :: running && n < expected && n >= horizon && open[n] ->
running_running_late:
     assert(!arrived[n]);
     open[n] = false; accepted++; late++; forgetBeyondMemory()
  :: running && n < expected && n >= horizon && !open[n] ->
running_running_duplicate:
     assert(arrived[n]);
     duplicates++
  fi
}

inline pushUnreadable() {
  received++;
  if
  :: !running ->
waiting_waiting_invalid:
     invalid++
  :: running ->
running_running_invalid:
     invalid++
  fi
}

inline endConnection() {
  i = 0;
  do
  :: i < N -> if :: open[i] -> open[i] = false; lost++ :: else fi; i++
  :: else -> break
  od;
  if
  :: !running ->
waiting_waiting_close:
     skip
  :: running ->
running_waiting_close:
     running = false
  fi;
  expected = 0; horizon = 0
}

/* What holds after every step, whatever happened. */
inline check() {
  assert(received == accepted + duplicates + stale + invalid);
  assert(late <= framesInGaps);
  stillOpen = 0; neverArrived = 0; i = 0;
  do
  :: i < N ->
     if :: open[i] -> stillOpen++ :: else fi;
     if :: running && i >= horizon && i < expected && !arrived[i] -> neverArrived++ :: else fi;
     i++
  :: else -> break
  od;
  assert(framesInGaps - late == lost + stillOpen);   /* missing = lost + open */
  assert(stillOpen == neverArrived);                 /* open is what is missing in truth, as far as memory reaches */
#ifdef CLAIM_NO_GAP_IS_EVER_FILLED
  assert(late == 0);
#endif
}

active proctype network() {
  byte n;
  do
  :: n = 0;
     do
     :: atomic { n < N && inFlight < IN_FLIGHT -> copies[n]++; inFlight++; n++ }
     :: atomic { n < N && inFlight + 1 < IN_FLIGHT -> copies[n] = copies[n] + 2; inFlight = inFlight + 2; n++ }
     :: atomic { n < N && inFlight < IN_FLIGHT && cut == 0 -> cut++; inFlight++; n++ }
     :: n < N -> n++   /* dropped */
     :: atomic { inFlight > 0 ->
          if   /* any frame in flight may be the next to arrive */
          :: cut > 0 -> pushed = UNREADABLE; cut--
          :: copies[0] > 0 -> pushed = 0; copies[0]--
          :: copies[1] > 0 -> pushed = 1; copies[1]--
          :: copies[2] > 0 -> pushed = 2; copies[2]--
          :: copies[3] > 0 -> pushed = 3; copies[3]--
          :: copies[4] > 0 -> pushed = 4; copies[4]--
          :: copies[5] > 0 -> pushed = 5; copies[5]--
          fi;
          inFlight--;
          if
          :: pushed == UNREADABLE -> pushUnreadable()
          :: else -> push(pushed); arrived[pushed] = true
          fi;
          check() }
     :: break          /* the connection closes, and what is in flight is lost with it */
     od;
     atomic {
       n = 0;
       do
       :: n < N -> copies[n] = 0; arrived[n] = false; n++
       :: else -> break
       od;
       n = 0; cut = 0; inFlight = 0;
       endConnection(); check();
       received = 0; accepted = 0; duplicates = 0; stale = 0; invalid = 0;
       framesInGaps = 0; late = 0; lost = 0 }
  od
}
