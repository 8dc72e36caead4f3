/** Opens a device: one client of a plugin, and its first (or chosen) device, or several that work as one. */
import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { destroyNow, type Registry } from "./handles";
import { call, loadPlugin, type PjrtApi, PjrtError, text, wordsAt } from "./library";
import { namedValues, type Options } from "./options";
import { findPlugin } from "./plugins";

/** Options for opening a device. */
export interface DeviceOptions {
  /** Path of a plugin. @default the one that {@link findPlugin} finds */
  readonly plugin?: string;
  /** Index of the plugin's device, from 0. */
  readonly index?: number;
  /** Number of devices, from the first on, that share the batch of compiled functions. @default 1 */
  readonly devices?: number;
  /** Options of the plugin, for example `{ memory_fraction: 0.9, preallocate: true }` for CUDA. */
  readonly options?: Options;
}

/** Bytes on a device. */
export interface DeviceMemory {
  readonly inUse: number;
  /** Highest use so far, where the plugin counts it. */
  readonly peak?: number;
  /** Memory limit of the plugin, if it reports one. */
  readonly limit?: number;
}

/** An open device, or several of one client that share each batch. Closing it frees everything on it. */
export interface PjrtDevice {
  readonly api: PjrtApi;
  /** The platform's own name: `cpu`, `cuda`, `rocm`, `tpu`. */
  readonly platform: string;
  /** Versions of the plugin's compiler and runtime: part of every key in the compile cache. */
  readonly platformVersion: string;
  /** The model of the device, for example `NVIDIA H100 80GB HBM3`. */
  readonly kind: string;
  /** Addresses of the client and the devices in C. */
  readonly client: bigint;
  readonly addresses: readonly bigint[];
  /** Live native objects; tests look here for leaks. */
  readonly registry: Registry;
  /** Memory figures of the first device, or null where the plugin has none (the CPU). */
  memory(): DeviceMemory | null;
  close(): void;
}

/**
 * Opens a device.
 *
 * @throws Error when there is no plugin, or it is not usable; PjrtError when it finds no device
 * @example no-run
 * const device = openDevice();
 * console.log(device.platform, device.kind, device.memory());
 */
export function openDevice(options: DeviceOptions = {}): PjrtDevice {
  const { index = 0, devices = 1 } = options;
  if (!Number.isInteger(devices) || devices < 1 || (devices > 1 && index > 0)) {
    throw new Error(
      `The option "devices" is ${devices}; it must be a whole number from 1, and only 1 with "index".`,
    );
  }
  const api = loadPlugin(findPlugin(options.plugin));
  const values = namedValues({ ...defaultOptions(api.path, devices), ...options.options });
  const { client } = call(
    api,
    "Client_Create",
    { create_options: values.array, num_options: values.count },
    `Opening a device with ${api.path}`,
  );
  try {
    return describe(api, client, index, devices);
  } catch (error) {
    call(api, "Client_Destroy", { client });
    throw error;
  }
}

/**
 * GPU plugins take three quarters of the memory at once unless told otherwise; then a second process would find none. The CPU can
 * be as many devices as one likes.
 */
function defaultOptions(pluginPath: string, devices: number): Options {
  if (/xla_(cuda|rocm)/.test(pluginPath)) return { preallocate: false, memory_fraction: 0.9 };
  return devices > 1 && /cpu/.test(basename(pluginPath)) ? { cpu_device_count: devices } : {};
}

function describe(api: PjrtApi, client: bigint, index: number, count: number): PjrtDevice {
  const name = call(api, "Client_PlatformName", { client });
  const version = call(api, "Client_PlatformVersion", { client });
  const list = call(api, "Client_AddressableDevices", { client });
  const devices = wordsAt(list.addressable_devices, list.num_addressable_devices);
  const addresses = [...devices.subarray(index, index + count)];
  const [device] = addresses;
  if (device === undefined || addresses.length < count) {
    throw new Error(
      `${api.path} offers ${devices.length} devices; there ${count > 1 ? `are no ${count}` : `is no device ${index}`}.`,
    );
  }
  const { device_description } = call(api, "Device_GetDescription", { device });
  const kind = call(api, "DeviceDescription_Kind", { device_description });
  const registry: Registry = new Map();
  let open = true;
  return {
    api,
    platform: text(name.platform_name, name.platform_name_size),
    platformVersion: text(version.platform_version, version.platform_version_size),
    kind: text(kind.device_kind, kind.device_kind_size),
    client,
    addresses,
    registry,
    memory: () => memoryOf(api, device),
    close() {
      if (!open) return;
      open = false;
      // Programs and buffers refer to their client, so they are freed first.
      for (const [address, what] of registry) destroyNow(api, what, address);
      registry.clear();
      call(api, "Client_Destroy", { client });
    },
  };
}

function memoryOf(api: PjrtApi, device: bigint): DeviceMemory | null {
  try {
    const stats = call(api, "Device_MemoryStats", { device });
    return {
      inUse: Number(stats.bytes_in_use),
      ...(stats.peak_bytes_in_use_is_set ? { peak: Number(stats.peak_bytes_in_use) } : {}),
      ...(stats.bytes_limit_is_set ? { limit: Number(stats.bytes_limit) } : {}),
    };
  } catch (error) {
    if (error instanceof PjrtError && error.code === "not implemented") return null;
    throw error;
  }
}

/** The folder of `ptxas` and `libdevice`, which XLA needs: pip installs them beside the plugin, where XLA does not search. */
export function cudaFolder(pluginPath: string): string | null {
  const sitePackages = dirname(dirname(dirname(pluginPath)));
  const candidates = ["cu13", "cuda_nvcc"].map((name) => join(sitePackages, "nvidia", name));
  return candidates.find((folder) => existsSync(join(folder, "nvvm", "libdevice"))) ?? null;
}
