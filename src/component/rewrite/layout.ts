/** Bytes of guest memory for one card. */
export const CARD_BYTES = 4096;
export const CARD_SHIFT = 12;

/**
 * A restore of a marked page restores this many bytes before it and after it too. So a store that straddles pages marks one of them only, and
 * one mark does for all stores near it.
 */
export const SLACK = 256;

/** A slice of the memory of cards. Shape: the size of memory 0 in pages as the guest sees it (i32), four bytes of nothing, then a byte for each card. */
export const SLICE_HEADER_BYTES = 8;

/** With fewer than all 65,536 pages an address that wraps around is out of bounds, on which `Marks` relies. */
export const MAX_TRACKED_PAGES = 65_535;

/** Where the imports that the rewriter adds come from, and how their names and those of the exports begin. */
export const RESERVED = 'wasi-serve';
