// Memory of this process and this machine, from /proc; and processor time. Torch-free.
#pragma once

namespace palimpsest {

double peakMemoryMb();      // the most this process has held; 0 where the system does not say
double availableMemoryMb(); // that a process may still take; 0 likewise
double processorSeconds();  // that this process has used, of all its threads

} // namespace palimpsest
