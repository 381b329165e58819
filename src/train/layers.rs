//! The layers of the networks, forward and backward, on rows of a batch.
//!
//! All parameters lie in one flat vector, all gradients in another of the same length: the optimiser and the sum over
//! threads need not know what they are.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis, Zip};

use crate::model::kernel::exp;

/// An affine map whose weights `[outputs, inputs]` and bias `[outputs]` begin at `offset` of the parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dense {
    /// Width of the input.
    pub inputs: usize,
    /// Width of the output.
    pub outputs: usize,
    /// Where its parameters begin.
    pub offset: usize,
}

impl Dense {
    /// Number of its parameters.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.outputs * (self.inputs + 1)
    }

    /// Whether it has no parameters.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its weights.
    #[must_use]
    pub fn weight<'a>(&self, parameters: &'a [f32]) -> &'a [f32] {
        &parameters[self.offset..][..self.outputs * self.inputs]
    }

    /// Its bias.
    #[must_use]
    pub fn bias<'a>(&self, parameters: &'a [f32]) -> &'a [f32] {
        &parameters[self.offset + self.outputs * self.inputs..][..self.outputs]
    }

    /// `x` `[rows, inputs]` to `[rows, outputs]`.
    #[must_use]
    pub fn forward(&self, parameters: &[f32], x: ArrayView2<'_, f32>) -> Array2<f32> {
        let bias = ArrayView2::from_shape((1, self.outputs), self.bias(parameters)).expect("as long as the outputs");
        let mut y = Array2::zeros((x.nrows(), self.outputs));
        y.assign(&bias);
        general_mat_mul(1.0, &x, &self.matrix(parameters).t(), 1.0, &mut y);
        y
    }

    /// Adds the gradients of weights and bias to `gradient`, given the input `x` and the gradient `dy` of the output.
    pub fn backward(&self, x: ArrayView2<'_, f32>, dy: ArrayView2<'_, f32>, gradient: &mut [f32]) {
        let (weight, bias) = gradient[self.offset..][..self.len()].split_at_mut(self.outputs * self.inputs);
        let mut weight = ArrayViewMut2::from_shape((self.outputs, self.inputs), weight).expect("its own length");
        general_mat_mul(1.0, &dy.t(), &x, 1.0, &mut weight);
        for (bias, sum) in bias.iter_mut().zip(dy.sum_axis(Axis(0))) {
            *bias += sum;
        }
    }

    /// The gradient of the input, given that of the output.
    #[must_use]
    pub fn input_gradient(&self, parameters: &[f32], dy: ArrayView2<'_, f32>) -> Array2<f32> {
        dy.dot(&self.matrix(parameters))
    }

    fn matrix<'a>(&self, parameters: &'a [f32]) -> ArrayView2<'a, f32> {
        ArrayView2::from_shape((self.outputs, self.inputs), self.weight(parameters)).expect("its own length")
    }
}

/// `x / (1 + exp(-x))`, element by element.
#[must_use]
pub fn silu(x: &Array2<f32>) -> Array2<f32> {
    x.mapv(|x| x / (1.0 + exp(-x)))
}

/// Turns the gradient `dy` of [`silu`]'s output into that of its input `x`.
pub fn silu_backward(x: &Array2<f32>, dy: &mut Array2<f32>) {
    Zip::from(dy).and(x).for_each(|dy, &x| {
        let sigmoid = 1.0 / (1.0 + exp(-x));
        *dy *= sigmoid * (1.0 + x * (1.0 - sigmoid));
    });
}

/// Three dense layers with SiLU between them, with or without SiLU after the last.
#[derive(Clone, Copy, Debug)]
pub struct Stack {
    /// The layers.
    pub layers: [Dense; 3],
    /// How they are joined.
    pub kind: StackKind,
}

/// How the layers of a [`Stack`] are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StackKind {
    /// SiLU after each layer, and from the second on the input is added to the output.
    Residual,
    /// SiLU after all but the last.
    Plain,
}

/// What a [`Stack`] remembers of its way forward.
pub struct Trace {
    /// Input of each layer, and the output of the stack.
    values: [Array2<f32>; 4],
    /// Output of each layer before SiLU.
    linear: [Array2<f32>; 3],
}

impl Trace {
    /// The output of the stack.
    #[must_use]
    pub fn output(&self) -> ArrayView2<'_, f32> {
        self.values[3].view()
    }
}

impl Stack {
    /// Runs the stack on `x`.
    #[must_use]
    pub fn forward(&self, parameters: &[f32], x: Array2<f32>) -> Trace {
        let first = self.layers[0].forward(parameters, x.view());
        let one = silu(&first);
        let second = self.layers[1].forward(parameters, one.view());
        let mut two = silu(&second);
        if self.kind == StackKind::Residual {
            two += &one;
        }
        let third = self.layers[2].forward(parameters, two.view());
        let three = match self.kind {
            StackKind::Residual => silu(&third) + &two,
            StackKind::Plain => third.clone(),
        };
        Trace { values: [x, one, two, three], linear: [first, second, third] }
    }

    /// Adds the gradients of the parameters; gives the gradient of the input from that of the output.
    #[must_use]
    pub fn backward(
        &self,
        parameters: &[f32],
        trace: &Trace,
        mut dy: Array2<f32>,
        gradient: &mut [f32],
    ) -> Array2<f32> {
        for (index, layer) in self.layers.iter().enumerate().rev() {
            let passed_on = (self.kind == StackKind::Residual && index > 0).then(|| dy.clone());
            if self.kind == StackKind::Residual || index < 2 {
                silu_backward(&trace.linear[index], &mut dy);
            }
            layer.backward(trace.values[index].view(), dy.view(), gradient);
            dy = layer.input_gradient(parameters, dy.view());
            if let Some(passed_on) = passed_on {
                dy += &passed_on;
            }
        }
        dy
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::random::Random;

    const WIDTHS: [usize; 4] = [5, 7, 7, 7];

    fn stack(kind: StackKind) -> (Stack, Vec<f32>) {
        let mut offset = 0;
        let layers = std::array::from_fn(|i| {
            let dense = Dense { inputs: WIDTHS[i], outputs: WIDTHS[i + 1], offset };
            offset += dense.len();
            dense
        });
        (Stack { layers, kind }, noise(offset, 1))
    }

    fn noise(n: usize, seed: u64) -> Vec<f32> {
        let mut random = Random::new(seed, 0);
        (0..n).map(|_| random.normal()).collect()
    }

    /// The sum of all outputs, each times a fixed number, in double precision.
    fn figure(stack: &Stack, parameters: &[f32], x: &Array2<f32>, weights: &Array2<f32>) -> f64 {
        let trace = stack.forward(parameters, x.clone());
        trace.output().iter().zip(weights).map(|(&y, &w)| f64::from(y) * f64::from(w)).sum()
    }

    #[test]
    fn gradients_of_both_stacks_agree_with_finite_differences() {
        for kind in [StackKind::Residual, StackKind::Plain] {
            let (stack, parameters) = stack(kind);
            let x = Array2::from_shape_vec((3, 5), noise(15, 2)).unwrap();
            let weights = Array2::from_shape_vec((3, 7), noise(21, 3)).unwrap();
            let trace = stack.forward(&parameters, x.clone());
            let mut gradient = vec![0.0; parameters.len()];
            let dx = stack.backward(&parameters, &trace, weights.clone(), &mut gradient);
            let difference = |change: &dyn Fn(f32) -> f64| (change(1e-2) - change(-1e-2)) / 2e-2;
            for (i, &gradient) in gradient.iter().enumerate() {
                let numeric = difference(&|by| {
                    let mut moved = parameters.clone();
                    moved[i] += by;
                    figure(&stack, &moved, &x, &weights)
                });
                assert!(
                    (numeric - f64::from(gradient)).abs() < 0.01 * numeric.abs().max(1.0),
                    "{kind:?} {i}: {numeric}"
                );
            }
            for (i, &dx) in dx.iter().enumerate() {
                let numeric = difference(&|by| {
                    let mut moved = x.clone();
                    moved.as_slice_mut().unwrap()[i] += by;
                    figure(&stack, &parameters, &moved, &weights)
                });
                assert!(
                    (numeric - f64::from(dx)).abs() < 0.01 * numeric.abs().max(1.0),
                    "{kind:?} input {i}: {numeric}"
                );
            }
        }
    }
}
