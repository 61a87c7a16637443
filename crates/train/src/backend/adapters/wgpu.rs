//! The adapters that the crate wgpu enumerates.

use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use burn::tensor::wgpu::wgpu::{
    self, AdapterInfo, Backends, DeviceType, Instance, InstanceDescriptor,
};
use burn::tensor::wgpu::{WgpuBackend, WgpuInitError};
use burn::tensor::{Device, DeviceKind};

use super::{Adapter, AdapterKind};
use crate::error::TrainError;

/// An adapter, with the API and the selector that Burn opens it by.
struct Found {
    adapter: Adapter,
    api: WgpuBackend,
    kind: DeviceKind,
}

/// The adapters of this machine, in the order of their numbers.
pub fn list() -> Vec<Adapter> {
    found().iter().map(|found| found.adapter.clone()).collect()
}

/// The number of the adapter to use: `number`, or else the first of the best kind. A machine without an adapter is an
/// error.
pub fn chosen(number: Option<usize>) -> Result<usize, TrainError> {
    if let Some(number) = number {
        return Ok(number);
    }
    let numbered = found().iter().enumerate();
    let best = numbered.min_by_key(|(_, found)| found.adapter.kind).map(|(number, _)| number);
    best.ok_or_else(|| {
        TrainError::Device(
            "wgpu found no graphics adapter: none has a driver here for Vulkan, Metal, DirectX 12 or \
             OpenGL. `--backend flex` computes on the CPU; Debian's package mesa-vulkan-drivers has \
             drivers for many cards, and one in software"
                .to_owned(),
        )
    })
}

/// The device of the adapter with this number. A number that no adapter has, or a failing driver, is an error.
pub fn open(number: usize) -> Result<Device, TrainError> {
    // A process opens each adapter once and shares its device.
    static OPENED: Mutex<BTreeMap<usize, Device>> = Mutex::new(BTreeMap::new());
    let adapters = found();
    let Some(found) = adapters.get(number) else {
        let names: Vec<_> =
            (0..).zip(adapters).map(|(n, one)| format!("{n}: {}", one.adapter)).collect();
        return Err(TrainError::Settings(format!(
            "there is no graphics adapter {number}; there is {}",
            if names.is_empty() { "none".to_owned() } else { names.join(", ") }
        )));
    };
    let mut opened = OPENED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(device) = opened.get(&number) {
        return Ok(device.clone());
    }
    let options = Device::wgpu_options().device_kind(found.kind.clone()).graphics_api(found.api);
    let device = options.init().map_err(|error: WgpuInitError| {
        TrainError::Device(format!("the graphics adapter {number}, {}: {error}", found.adapter))
    })?;
    opened.insert(number, device.clone());
    Ok(device)
}

/// The adapters of one API, enumerated once in a process: of the first API with a card, or else of the first with any
/// adapter at all, since a card that Vulkan lacks a driver for may have one for OpenGL.
fn found() -> &'static [Found] {
    static FOUND: OnceLock<Vec<Found>> = OnceLock::new();
    FOUND.get_or_init(|| {
        let apis = [
            (WgpuBackend::Vulkan, Backends::VULKAN),
            (WgpuBackend::Metal, Backends::METAL),
            (WgpuBackend::Dx12, Backends::DX12),
            (WgpuBackend::Gl, Backends::GL),
        ];
        let mut software = Vec::new();
        for (api, backends) in apis {
            let adapters = adapters_of(api, backends);
            if adapters.iter().any(|found| found.adapter.kind != AdapterKind::Software) {
                return adapters;
            }
            if software.is_empty() {
                software = adapters;
            }
        }
        software
    })
}

/// The adapters of an API that Burn can select.
fn adapters_of(api: WgpuBackend, backends: Backends) -> Vec<Found> {
    let descriptor =
        InstanceDescriptor { backends, ..InstanceDescriptor::new_without_display_handle() };
    let adapters = pollster::block_on(Instance::new(descriptor).enumerate_adapters(backends));
    // Burn selects an adapter by its kind and its index among those of that kind.
    let mut counts = BTreeMap::new();
    let mut found = Vec::new();
    for AdapterInfo { name, device_type, driver, driver_info, backend, .. } in
        adapters.iter().map(wgpu::Adapter::get_info)
    {
        let kind = match device_type {
            DeviceType::DiscreteGpu => AdapterKind::Discrete,
            DeviceType::IntegratedGpu => AdapterKind::Integrated,
            DeviceType::VirtualGpu => AdapterKind::Virtual,
            DeviceType::Cpu => AdapterKind::Software,
            DeviceType::Other => AdapterKind::Other,
        };
        let count: &mut usize = counts.entry(kind).or_default();
        let index = std::mem::replace(count, *count + 1);
        let selector = match kind {
            AdapterKind::Discrete => DeviceKind::DiscreteGpu(index),
            AdapterKind::Integrated => DeviceKind::IntegratedGpu(index),
            AdapterKind::Virtual => DeviceKind::VirtualGpu(index),
            // Burn selects a single software adapter, and one of unknown kind only if it is the sole adapter.
            AdapterKind::Software if index > 0 => continue,
            AdapterKind::Other if adapters.len() > 1 => continue,
            AdapterKind::Software => DeviceKind::Cpu,
            AdapterKind::Other => DeviceKind::DefaultDevice,
        };
        let driver = [driver, driver_info].join(" ").trim().to_owned();
        let adapter = Adapter { name, kind, api: format!("{backend:?}"), driver };
        found.push(Found { adapter, api, kind: selector });
    }
    found
}
