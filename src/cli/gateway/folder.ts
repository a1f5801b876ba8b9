/** Where things lie in the folder of a gateway, as `gateway init` makes it. */
export const GATEWAY_LAYOUT = {
  keys: 'keys',
  /** The key of an admin, if somebody keeps it here. */
  adminKey: 'keys/admin.key',
} as const;
