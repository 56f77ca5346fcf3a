// The shape letters of every tensor comment in this tree.
//
//   B  batch: sequences or blocks worked on together
//   L  clean positions        S  noised slots (a block's anchor and its states)
//   D  model width            V  vocabulary
//   H  query heads            G  key heads (grouped-query attention: H is a multiple of G)
//   K  head size              E  experts          W  width of one expert
//   R  adapter rank           T  targets of one block (S = T + 1)
//
// Tensors are row-major and contiguous unless said otherwise; token ids are int64, levels and positions float32 and
// int64, on the CPU unless said otherwise.
#pragma once
