//! Adapters as the crate wgpu finds them.

use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use burn::tensor::wgpu::wgpu::{
    self, AdapterInfo, Backends, DeviceType, Instance, InstanceDescriptor,
};
use burn::tensor::wgpu::{WgpuBackend, WgpuInitError};
use burn::tensor::{Device, DeviceKind};

use super::{Adapter, Kind};
use crate::error::TrainError;

/// An adapter, and how it is opened.
struct Found {
    adapter: Adapter,
    api: WgpuBackend,
    kind: DeviceKind,
}

/// The adapters of this machine, in the order of their numbers.
pub fn list() -> Vec<Adapter> {
    found().iter().map(|found| found.adapter.clone()).collect()
}

/// The number of the adapter that is named, or else of the first of the best kind.
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

/// The device of the adapter with this number.
pub fn open(number: usize) -> Result<Device, TrainError> {
    // An adapter is opened once in a process, and its device shared from there on.
    static OPENED: Mutex<BTreeMap<usize, Device>> = Mutex::new(BTreeMap::new());
    let adapters = found();
    let Some(found) = adapters.get(number) else {
        let there: Vec<_> =
            (0..).zip(adapters).map(|(n, one)| format!("{n}: {}", one.adapter)).collect();
        return Err(TrainError::Settings(format!(
            "there is no graphics adapter {number}; there is {}",
            if there.is_empty() { "none".to_owned() } else { there.join(", ") }
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

/// Looks once. The first API with a card is the one that is used; failing that, the first one with
/// anything at all: what is in software under Vulkan may be a card under OpenGL.
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
            if adapters.iter().any(|found| found.adapter.kind != Kind::Software) {
                return adapters;
            }
            if software.is_empty() {
                software = adapters;
            }
        }
        software
    })
}

fn adapters_of(api: WgpuBackend, backends: Backends) -> Vec<Found> {
    let descriptor =
        InstanceDescriptor { backends, ..InstanceDescriptor::new_without_display_handle() };
    let adapters = pollster::block_on(Instance::new(descriptor).enumerate_adapters(backends));
    // Burn counts the adapters of each kind.
    let mut counts = BTreeMap::new();
    let mut found = Vec::new();
    for AdapterInfo { name, device_type, driver, driver_info, backend, .. } in
        adapters.iter().map(wgpu::Adapter::get_info)
    {
        let kind = match device_type {
            DeviceType::DiscreteGpu => Kind::Discrete,
            DeviceType::IntegratedGpu => Kind::Integrated,
            DeviceType::VirtualGpu => Kind::Virtual,
            DeviceType::Cpu => Kind::Software,
            DeviceType::Other => Kind::Other,
        };
        let count: &mut usize = counts.entry(kind).or_default();
        let place = std::mem::replace(count, *count + 1);
        let selector = match kind {
            Kind::Discrete => DeviceKind::DiscreteGpu(place),
            Kind::Integrated => DeviceKind::IntegratedGpu(place),
            Kind::Virtual => DeviceKind::VirtualGpu(place),
            // Burn cannot tell one of these from the next, and an unknown one only when it is alone.
            Kind::Software if place > 0 => continue,
            Kind::Other if adapters.len() > 1 => continue,
            Kind::Software => DeviceKind::Cpu,
            Kind::Other => DeviceKind::DefaultDevice,
        };
        let driver = [driver, driver_info].join(" ").trim().to_owned();
        let adapter = Adapter { name, kind, api: format!("{backend:?}"), driver };
        found.push(Found { adapter, api, kind: selector });
    }
    found
}
