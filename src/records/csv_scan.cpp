// The three versions of the loops, and the choice between them.
//
// Inside or outside quotes is the running parity of quotes: a carry-less multiplication by all ones gives the prefix
// XOR of 64 bits at once (Lemire and Langdale, "Parsing Gigabytes of JSON per Second", VLDB Journal 2019, section 3.1).
#include "records/csv_scan.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized" // g++ 12's own headers for AVX-512 start from undefined vectors
#endif

// Code between BEGIN and END may use the instruction set, and runs only where the processor has it.
#if defined(__clang__)
#define INLET_TARGET_BEGIN(set) \
    _Pragma(INLET_TEXT(clang attribute push(__attribute__((target(set))), apply_to = function)))
#define INLET_TARGET_END _Pragma("clang attribute pop")
#else
#define INLET_TARGET_BEGIN(set) _Pragma("GCC push_options") _Pragma(INLET_TEXT(GCC target(set)))
#define INLET_TARGET_END _Pragma("GCC pop_options")
#endif
#define INLET_TEXT(...) #__VA_ARGS__

namespace inlet {

namespace plain {

inline std::uint64_t prefix_xor(std::uint64_t bits) {
    for (int shift = 1; shift < 64; shift *= 2) bits ^= bits << shift;
    return bits;
}

inline std::size_t store_positions(std::uint64_t bits, std::uint32_t base, std::uint32_t* to) {
    std::size_t count = 0;
    for (; bits != 0; bits &= bits - 1) to[count++] = base + static_cast<std::uint32_t>(__builtin_ctzll(bits));
    return count;
}

struct Vector {
    const char* bytes;

    explicit Vector(const char* from) : bytes(from) {}
    std::uint64_t equal(char wanted) const {
        constexpr std::uint64_t kOnes = 0x0101010101010101;
        constexpr std::uint64_t kLow7 = 0x7F7F7F7F7F7F7F7F;
        std::uint64_t bits = 0;
        for (unsigned i = 0; i < 8; ++i) {
            std::uint64_t word = 0;
            std::memcpy(&word, bytes + i * 8, 8);
            word ^= kOnes * static_cast<unsigned char>(wanted);
            const std::uint64_t zero = ~(((word & kLow7) + kLow7) | word | kLow7); // 0x80 where the byte is zero
            bits |= ((zero >> 7) * 0x0102040810204080 >> 56) << (i * 8);
        }
        return bits;
    }
    std::uint64_t high() const {
        std::uint64_t any = 0;
        for (unsigned i = 0; i < 64; ++i)
            any |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i]) >> 7) << i;
        return any;
    }
};

#include "records/csv_scan_loops.hpp"

} // namespace plain

#if defined(__x86_64__)

INLET_TARGET_BEGIN("avx2,pclmul,bmi,bmi2,popcnt,lzcnt")
namespace avx2 {

inline std::uint64_t prefix_xor(std::uint64_t bits) {
    return static_cast<std::uint64_t>(_mm_cvtsi128_si64(
        _mm_clmulepi64_si128(_mm_set_epi64x(0, static_cast<long long>(bits)), _mm_set1_epi8('\xFF'), 0)));
}

// Eight at a time without asking whether there are as many: what is stored too much is overwritten by the next block.
inline std::size_t store_positions(std::uint64_t bits, std::uint32_t base, std::uint32_t* to) {
    const auto count = static_cast<std::size_t>(__builtin_popcountll(bits));
    for (std::size_t done = 0; done < count; done += 8) {
        for (std::size_t i = 0; i < 8; ++i) {
            to[done + i] = base + static_cast<std::uint32_t>(_tzcnt_u64(bits));
            bits = _blsr_u64(bits);
        }
    }
    return count;
}

struct Vector {
    __m256i low;
    __m256i upper;

    explicit Vector(const char* from)
        : low(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from))),
          upper(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + 32))) {}
    std::uint64_t equal(char wanted) const {
        const __m256i all = _mm256_set1_epi8(wanted);
        const auto a = static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, all)));
        const auto b = static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(upper, all)));
        return a | static_cast<std::uint64_t>(b) << 32;
    }
    std::uint64_t high() const {
        const auto a = static_cast<std::uint32_t>(_mm256_movemask_epi8(low));
        const auto b = static_cast<std::uint32_t>(_mm256_movemask_epi8(upper));
        return a | static_cast<std::uint64_t>(b) << 32;
    }
};

#include "records/csv_scan_loops.hpp"

} // namespace avx2
INLET_TARGET_END

INLET_TARGET_BEGIN("avx2,avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi,avx512vbmi2,pclmul,bmi,bmi2,popcnt,lzcnt")
namespace avx512 {

inline std::uint64_t prefix_xor(std::uint64_t bits) {
    return static_cast<std::uint64_t>(_mm_cvtsi128_si64(
        _mm_clmulepi64_si128(_mm_set_epi64x(0, static_cast<long long>(bits)), _mm_set1_epi8('\xFF'), 0)));
}

inline std::size_t store_positions(std::uint64_t bits, std::uint32_t base, std::uint32_t* to) {
    const __m512i numbers =
        _mm512_set_epi8(63, 62, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47, 46, 45, 44, 43, 42, 41, 40,
                        39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16,
                        15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    const auto count = static_cast<std::size_t>(__builtin_popcountll(bits));
    const __m512i packed = _mm512_maskz_compress_epi8(bits, numbers);
    const __m512i bases = _mm512_set1_epi32(static_cast<int>(base));
    _mm512_storeu_si512(to, _mm512_add_epi32(_mm512_cvtepu8_epi32(_mm512_castsi512_si128(packed)), bases));
    if (count > 16) [[unlikely]] {
        _mm512_storeu_si512(to + 16,
                            _mm512_add_epi32(_mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(packed, 1)), bases));
        if (count > 32) {
            _mm512_storeu_si512(to + 32,
                                _mm512_add_epi32(_mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(packed, 2)), bases));
            _mm512_storeu_si512(to + 48,
                                _mm512_add_epi32(_mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(packed, 3)), bases));
        }
    }
    return count;
}

struct Vector {
    __m512i bytes;

    explicit Vector(const char* from) : bytes(_mm512_loadu_si512(from)) {}
    std::uint64_t equal(char wanted) const { return _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(wanted)); }
    std::uint64_t high() const { return _mm512_movepi8_mask(bytes); }
};

#include "records/csv_scan_loops.hpp"

} // namespace avx512
INLET_TARGET_END

#endif

namespace {

struct Available {
    std::array<CsvKernels, 3> kernels;
    std::size_t count = 0;

    Available() {
#if defined(__x86_64__)
        __builtin_cpu_init();
        const bool bits = __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
                          __builtin_cpu_supports("popcnt") && __builtin_cpu_supports("pclmul");
        const bool has_avx2 = bits && __builtin_cpu_supports("avx2");
        if (has_avx2 && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
            __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vbmi") &&
            __builtin_cpu_supports("avx512vbmi2")) {
            kernels[count++] = {"avx512", avx512::split, avx512::index};
        }
        if (has_avx2) kernels[count++] = {"avx2", avx2::split, avx2::index};
#endif
        kernels[count++] = {"plain", plain::split, plain::index};
    }
};

} // namespace

std::span<const CsvKernels> csv_kernels() {
    static const Available available;
    return {available.kernels.data(), available.count};
}

} // namespace inlet
