// Memory of this process and this machine, from /proc. Torch-free.
#pragma once

namespace palimpsest {

double peakMemoryMb();      // the most this process has held; 0 where the system does not say
double availableMemoryMb(); // that a process may still take; 0 likewise

} // namespace palimpsest
