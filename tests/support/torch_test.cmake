# palimpsest_torch_test(NAME SOURCES … [LABELS …] [TIMEOUT s]): cases that include Torch, compiled apart from Qt, so that
# the two never meet in one file and the precompiled header serves them. With the tiny model.
function(palimpsest_torch_test name)
  cmake_parse_arguments(T "" "TIMEOUT" "SOURCES;LABELS" ${ARGN})
  add_library(${name}_cases OBJECT ${T_SOURCES})
  set_target_properties(${name}_cases PROPERTIES AUTOMOC OFF)
  target_link_libraries(${name}_cases PRIVATE palimpsest_options palimpsest_models palimpsest_tiny_model)
  target_compile_definitions(${name}_cases PRIVATE PALIMPSEST_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  target_precompile_headers(${name}_cases REUSE_FROM palimpsest_kernels)
  palimpsest_test(${name} CASES SOURCES $<TARGET_OBJECTS:${name}_cases> LIBS palimpsest_models palimpsest_tiny_model
    LABELS ${T_LABELS} TIMEOUT ${T_TIMEOUT})
endfunction()
