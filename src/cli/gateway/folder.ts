/** Where the key of the first admin lies, if somebody keeps it in the folder of the gateway. */
export const ADMIN_KEY = 'keys/admin.key';
