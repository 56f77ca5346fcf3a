# LibTorch as unpacked by installer/build from the Python wheel: Torch::cpu, an imported target of our own, so that
# configuring needs neither CUDA nor the wheel's own CMake files. No Python is needed to build or to run.
#
# PALIMPSEST_LIBTORCH: folder that holds torch/ and nvidia/ (default: the set-up's cache).
set(PALIMPSEST_LIBTORCH_VERSION 2.11.0)
if(DEFINED ENV{XDG_CACHE_HOME})
  set(_cache $ENV{XDG_CACHE_HOME}/palimpsest)
else()
  set(_cache $ENV{HOME}/.cache/palimpsest)
endif()
set(PALIMPSEST_LIBTORCH ${_cache}/libtorch-${PALIMPSEST_LIBTORCH_VERSION} CACHE PATH "Unpacked LibTorch wheels")

set(_torch ${PALIMPSEST_LIBTORCH}/torch)
if(NOT EXISTS ${_torch}/lib/libtorch_cpu.so)
  message(FATAL_ERROR "No LibTorch in ${PALIMPSEST_LIBTORCH}: run installer/build, or pass -DPALIMPSEST_LIBTORCH=FOLDER")
endif()

add_library(Torch::cpu INTERFACE IMPORTED)
target_include_directories(Torch::cpu SYSTEM INTERFACE
  ${_torch}/include ${_torch}/include/torch/csrc/api/include)
# libcudart and libcupti are needed by libtorch_cpu itself; they lie beside it in nvidia/, where its run path looks.
# The wheel's own libgomp comes first, so that a process holds one OpenMP run time only.
target_link_directories(Torch::cpu INTERFACE ${_torch}/lib)
target_link_libraries(Torch::cpu INTERFACE
  ${_torch}/lib/libgomp.so.1 ${_torch}/lib/libtorch_cpu.so ${_torch}/lib/libc10.so)
target_link_options(Torch::cpu INTERFACE
  -Wl,-rpath,${_torch}/lib -Wl,-rpath-link,${_torch}/lib:${PALIMPSEST_LIBTORCH}/nvidia/cu13/lib
  -Wl,--disable-new-dtags)
