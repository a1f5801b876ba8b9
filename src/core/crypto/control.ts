/** A character below the space. */
export const CONTROL = /[^ -\uffff]/;
