/** Opens a device: one client of a plugin, and its first (or chosen) device. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
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

/** An open device. Closing it frees everything on it. */
export interface PjrtDevice {
  readonly api: PjrtApi;
  /** The platform's own name: `cpu`, `cuda`, `rocm`, `tpu`. */
  readonly platform: string;
  /** Versions of the plugin's compiler and runtime: part of every key in the compile cache. */
  readonly platformVersion: string;
  /** The model of the device, for example `NVIDIA H100 80GB HBM3`. */
  readonly kind: string;
  /** Addresses of the client and the device in C. */
  readonly client: bigint;
  readonly address: bigint;
  /** Live native objects; tests look here for leaks. */
  readonly registry: Registry;
  /** Memory figures, or null where the plugin has none (the CPU). */
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
  const api = loadPlugin(findPlugin(options.plugin));
  const values = namedValues({ ...defaultOptions(api.path), ...options.options });
  const { client } = call(
    api,
    "Client_Create",
    { create_options: values.array, num_options: values.count },
    `Opening a device with ${api.path}`,
  );
  try {
    return describe(api, client, options.index ?? 0);
  } catch (error) {
    call(api, "Client_Destroy", { client });
    throw error;
  }
}

/** GPU plugins take three quarters of the memory at once unless told otherwise; then a second process would find none. */
function defaultOptions(pluginPath: string): Options {
  return /xla_(cuda|rocm)/.test(pluginPath) ? { preallocate: false, memory_fraction: 0.9 } : {};
}

function describe(api: PjrtApi, client: bigint, index: number): PjrtDevice {
  const name = call(api, "Client_PlatformName", { client });
  const version = call(api, "Client_PlatformVersion", { client });
  const list = call(api, "Client_AddressableDevices", { client });
  const devices = wordsAt(list.addressable_devices, list.num_addressable_devices);
  const device = devices[index];
  if (device === undefined) {
    throw new Error(`${api.path} offers ${devices.length} devices; there is no device ${index}.`);
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
    address: device,
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
