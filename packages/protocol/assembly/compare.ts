// Compares with the texts of `literals.ts`, which have at least eight characters.

const WORD: usize = 8;
const VECTOR: usize = 16;

/** Whether a literal stands at a position. */
export function matches(at: usize, literal: usize, length: usize): bool {
  if (length < VECTOR) return matchesInline(at, literal, length);
  const last = length - VECTOR;
  let difference = differenceAt(at, literal, last);
  for (let offset: usize = 0; offset < last; offset += VECTOR) {
    difference = v128.or(difference, differenceAt(at, literal, offset));
  }
  return !v128.any_true(difference);
}

/**
 * {@link matches} without a call or a loop, for the most frequent literals: compares two words, or two or three
 * vectors that overlap, so up to 48 characters. The length is a constant, so the compiler keeps one of the branches.
 */
/* @inline */ export function matchesInline(at: usize, literal: usize, length: usize): bool {
  if (length < VECTOR) {
    const last = length - WORD;
    return load<u64>(at) === load<u64>(literal) && load<u64>(at + last) === load<u64>(literal + last);
  }
  let difference = v128.or(differenceAt(at, literal, 0), differenceAt(at, literal, length - VECTOR));
  if (length > 2 * VECTOR) difference = v128.or(difference, differenceAt(at, literal, VECTOR));
  return !v128.any_true(difference);
}

/* @inline */ function differenceAt(at: usize, literal: usize, offset: usize): v128 {
  return v128.xor(v128.load(at + offset), v128.load(literal + offset));
}
