/** Never extended (TCG PC Client Platform Firmware Profile 1.06, section 10.4.3). */
export const EV_NO_ACTION = 0x3;
export const EV_ACTION = 0x5;
export const EV_EVENT_TAG = 0x6;
export const EV_PLATFORM_CONFIG_FLAGS = 0xa;
export const EV_IPL = 0xd;
const EV_EFI_VARIABLE_DRIVER_CONFIG = 0x80000001;
const EV_EFI_VARIABLE_BOOT = 0x80000002;
const EV_EFI_BOOT_SERVICES_APPLICATION = 0x80000003;
const EV_EFI_BOOT_SERVICES_DRIVER = 0x80000004;
const EV_EFI_RUNTIME_SERVICES_DRIVER = 0x80000005;
export const EV_EFI_ACTION = 0x80000007;
export const EV_EFI_PLATFORM_FIRMWARE_BLOB2 = 0x8000000a;
export const EV_EFI_HANDOFF_TABLES2 = 0x8000000b;
const EV_EFI_VARIABLE_BOOT2 = 0x8000000c;
const EV_EFI_VARIABLE_AUTHORITY = 0x800000e0;
/** Not of the TCG: what dstack extends into RTMR3 while the TD runs. */
export const DSTACK_RUNTIME_EVENT = 0x08000001;

/** TCG PC Client Platform Firmware Profile 1.06, section 10.4.1. */
const NAMES: ReadonlyMap<number, string> = new Map([
  [0x0, 'EV_PREBOOT_CERT'],
  [0x1, 'EV_POST_CODE'],
  [0x2, 'EV_UNUSED'],
  [EV_NO_ACTION, 'EV_NO_ACTION'],
  [0x4, 'EV_SEPARATOR'],
  [EV_ACTION, 'EV_ACTION'],
  [EV_EVENT_TAG, 'EV_EVENT_TAG'],
  [0x7, 'EV_S_CRTM_CONTENTS'],
  [0x8, 'EV_S_CRTM_VERSION'],
  [0x9, 'EV_CPU_MICROCODE'],
  [EV_PLATFORM_CONFIG_FLAGS, 'EV_PLATFORM_CONFIG_FLAGS'],
  [0xb, 'EV_TABLE_OF_DEVICES'],
  [0xc, 'EV_COMPACT_HASH'],
  [EV_IPL, 'EV_IPL'],
  [0xe, 'EV_IPL_PARTITION_DATA'],
  [0xf, 'EV_NONHOST_CODE'],
  [0x10, 'EV_NONHOST_CONFIG'],
  [0x11, 'EV_NONHOST_INFO'],
  [0x12, 'EV_OMIT_BOOT_DEVICE_EVENTS'],
  [0x13, 'EV_POST_CODE2'],
  [0x80000000, 'EV_EFI_EVENT_BASE'],
  [EV_EFI_VARIABLE_DRIVER_CONFIG, 'EV_EFI_VARIABLE_DRIVER_CONFIG'],
  [EV_EFI_VARIABLE_BOOT, 'EV_EFI_VARIABLE_BOOT'],
  [EV_EFI_BOOT_SERVICES_APPLICATION, 'EV_EFI_BOOT_SERVICES_APPLICATION'],
  [EV_EFI_BOOT_SERVICES_DRIVER, 'EV_EFI_BOOT_SERVICES_DRIVER'],
  [EV_EFI_RUNTIME_SERVICES_DRIVER, 'EV_EFI_RUNTIME_SERVICES_DRIVER'],
  [0x80000006, 'EV_EFI_GPT_EVENT'],
  [EV_EFI_ACTION, 'EV_EFI_ACTION'],
  [0x80000008, 'EV_EFI_PLATFORM_FIRMWARE_BLOB'],
  [0x80000009, 'EV_EFI_HANDOFF_TABLES'],
  [EV_EFI_PLATFORM_FIRMWARE_BLOB2, 'EV_EFI_PLATFORM_FIRMWARE_BLOB2'],
  [EV_EFI_HANDOFF_TABLES2, 'EV_EFI_HANDOFF_TABLES2'],
  [EV_EFI_VARIABLE_BOOT2, 'EV_EFI_VARIABLE_BOOT2'],
  [0x8000000d, 'EV_EFI_GPT_EVENT2'],
  [0x80000010, 'EV_EFI_HCRTM_EVENT'],
  [EV_EFI_VARIABLE_AUTHORITY, 'EV_EFI_VARIABLE_AUTHORITY'],
  [0x800000e1, 'EV_EFI_SPDM_FIRMWARE_BLOB'],
  [0x800000e2, 'EV_EFI_SPDM_FIRMWARE_CONFIG'],
  [0x800000e3, 'EV_EFI_SPDM_DEVICE_POLICY'],
  [0x800000e4, 'EV_EFI_SPDM_DEVICE_AUTHORITY'],
  [DSTACK_RUNTIME_EVENT, 'DSTACK_RUNTIME_EVENT'],
]);

/** `EV_0x…` for a type that has no name here; a type is always a claim of the log. */
export function eventTypeName(type: number): string {
  return NAMES.get(type) ?? `EV_0x${type.toString(16).padStart(8, '0')}`;
}

/** The event types whose data is a UEFI_VARIABLE_DATA (same profile, section 10.2.6). */
export function isVariableEvent(type: number): boolean {
  return (
    type === EV_EFI_VARIABLE_DRIVER_CONFIG ||
    type === EV_EFI_VARIABLE_BOOT ||
    type === EV_EFI_VARIABLE_BOOT2 ||
    type === EV_EFI_VARIABLE_AUTHORITY
  );
}

/** The event types whose digest is the Authenticode hash of a PE/COFF image that the log does not hold. */
export function isImageEvent(type: number): boolean {
  return (
    type === EV_EFI_BOOT_SERVICES_APPLICATION ||
    type === EV_EFI_BOOT_SERVICES_DRIVER ||
    type === EV_EFI_RUNTIME_SERVICES_DRIVER
  );
}
