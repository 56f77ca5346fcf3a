// What a model folder holds, and what this machine runs it on. Plain values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace palimpsest {

struct ModelInfo {
    std::string name;   // folder name, shown to the writer
    std::string path;   // absolute
    std::string family; // "llama"
    int layers = 0, width = 0, vocabulary = 0;
    std::int64_t parameters = 0;         // of the base
    std::int64_t denoiserParameters = 0; // 0: no denoiser; drafting then runs on the base alone
    std::string hash;                    // digest of base and denoiser, and of the personal file with its strength
    std::string personal = {};           // path of the personal file that is stacked on it; empty: none
    double strength = 0;                 // of that file
};

struct DeviceInfo {
    std::string device;  // "cpu", "cuda:0"
    std::string why;     // one sentence: why this one
    std::string dtype;   // of the weights: "float32", "bfloat16", "int8"
    std::string kernels; // what multiplies them: "torch", "avx2", "avx512vnni", "reference", …
    int threads = 0;
    double memoryGb = 0; // of the device
};

struct EngineInfo {
    std::string version;
    std::string defaultModel;      // path; empty when none is installed
    std::vector<ModelInfo> models; // the default first
    DeviceInfo device;
};

} // namespace palimpsest
